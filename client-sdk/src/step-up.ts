// Proving oneself again: the session keeps its refresh token and gets a fresh access token; calls that asked for it are made again.
import type { Recovery } from './credentials.ts';
import type { Environment } from './environment.ts';
import { AuthCenterError, toAuthCenterError } from './error.ts';
import { type SessionRecord, succeed, toRecord } from './record.ts';
import type { RouterInputs, RouterOutputs } from './router.ts';
import type { Session } from './session.ts';
import type { Tabs } from './tabs.ts';

/**
 * What `auth.stepUp` takes: the password, a code, or a passkey's answer.
 *
 * @example
 * import type { StepUpProof } from '@authcenter/client';
 *
 * const proof: StepUpProof = { password: 'correct horse battery staple' };
 */
export type StepUpProof = RouterInputs['auth']['stepUp'];

/**
 * Asks the person to prove again who they are, because a call demands it. A call that it makes itself must demand no proof: it would
 * wait for itself.
 *
 * @param refused - why the proof before was not taken; null at first
 * @returns the proof; null, or a rejection: the call fails with `STEP_UP_REQUIRED`
 * @example
 * import { createAuthCenter, type OnStepUp } from '@authcenter/client';
 *
 * const onStepUp: OnStepUp = async (refused) => {
 *   const password = prompt(refused ? 'That was wrong. Your password again:' : 'Your password:');
 *   return password === null ? null : { password };
 * };
 * declare const prompt: (text: string) => string | null;
 * createAuthCenter({ url: 'https://auth.example.com', onStepUp });
 */
export type OnStepUp = (refused: AuthCenterError | null) => Promise<StepUpProof | null>;

export interface StepUp {
  /** @throws AuthCenterError when the proof is not taken */
  prove(proof: StepUpProof): Promise<void>;
  /**
   * Asks the person; however many calls wait for it, once.
   *
   * @param sent - what the call was sent with that demands a proof
   */
  ask(sent: SessionRecord): Promise<Recovery>;
}

interface Parts {
  readonly session: Session;
  readonly tabs: Tabs;
  readonly env: Pick<Environment, 'now'>;
  readonly onStepUp: OnStepUp | undefined;
  send(proof: StepUpProof): Promise<RouterOutputs['auth']['stepUp']>;
}

/** Typed wrongly: worth another try. */
const RETRIABLE: readonly string[] = ['INVALID_CREDENTIALS', 'INVALID_CODE', 'VALIDATION_FAILED'];

export function createStepUp({ session, tabs, env, onStepUp, send }: Parts): StepUp {
  let asking: { readonly sid: string; readonly done: Promise<Recovery> } | null = null;

  async function prove(proof: StepUpProof): Promise<void> {
    const askedAt = env.now();
    const answer = await send(proof);
    const { record } = session;
    if (!record) return;
    // The refresh token, which may have changed meanwhile, stays.
    const { refresh_token, ...fresh } = toRecord({ ...answer, user: record.user }, askedAt, env.now());
    // Whoever signed out meanwhile, or is somebody else now, stays so.
    if (fresh.sid !== record.sid) return;
    const proven = succeed(record, fresh);
    await session.renew(proven);
    tabs.announce({ sid: proven.sid, record: proven });
  }

  async function askUntil(ask: OnStepUp, sid: string): Promise<Recovery> {
    let refused: AuthCenterError | null = null;
    for (;;) {
      const proof = await askOnce(ask, refused);
      if (proof === null) return 'no';
      // The session is over, and the proof not for the next one: sent again, the call is told so.
      if (session.record?.sid !== sid) return 'last';
      try {
        await prove(proof);
        return 'last';
      } catch (thrown) {
        refused = toAuthCenterError(thrown);
        if (!RETRIABLE.includes(refused.code)) throw refused;
      }
    }
  }

  return {
    prove,
    async ask(sent) {
      const { record } = session;
      if (!onStepUp || record?.sid !== sent.sid) return 'no';
      // Proven since that call was sent, or merely renewed: the server knows.
      if (record.access_token !== sent.access_token) return 'again';
      if (asking?.sid !== sent.sid) {
        const done = askUntil(onStepUp, sent.sid).finally(() => {
          if (asking?.done === done) asking = null;
        });
        asking = { sid: sent.sid, done };
      }
      return asking.done;
    },
  };
}

async function askOnce(ask: OnStepUp, refused: AuthCenterError | null): Promise<StepUpProof | null> {
  try {
    return await ask(refused);
  } catch (cause) {
    if (cause instanceof AuthCenterError) throw cause;
    throw new AuthCenterError({ code: 'STEP_UP_REQUIRED', status: 403, detail: 'No proof was given', cause });
  }
}
