// What a call is sent with, and what its refusal means for the session.
import type { OperationContext } from '@trpc/client';
import { AuthCenterError } from './error.ts';
import type { SessionRecord } from './record.ts';
import type { Refresher } from './refresher.ts';
import type { Session } from './session.ts';
import type { StepUp } from './step-up.ts';
import type { Tabs } from './tabs.ts';

/** What travels with a call through the links. */
export interface CallContext extends OperationContext {
  /** Sent as `Idempotency-Key`. */
  readonly idempotencyKey?: string;
  /** The session in which the call was made; null: none. */
  readonly origin?: string | null;
  /** The record whose token it was sent with. */
  sent?: SessionRecord | null;
}

export interface Credentials {
  /**
   * The token for these calls, noted in each of them.
   *
   * @throws AuthCenterError when an expired one could not be renewed
   */
  authorize(contexts: readonly CallContext[]): Promise<string | undefined>;
  /** @throws AuthCenterError when a token that is out of date could not be renewed */
  recover(error: AuthCenterError, context: CallContext): Promise<Recovery>;
}

/** Whether to send a call again; `last`: with what the server has just issued, so that a second refusal of that kind is final. */
export type Recovery = 'no' | 'again' | 'last';

export function createCredentials(
  session: Session,
  refresher: Refresher,
  tabs: Tabs,
  stepUp: Pick<StepUp, 'ask'>,
): Credentials {
  return {
    async authorize(contexts) {
      const record = await refresher.provide();
      for (const context of contexts) {
        // It waited for a refresh, and somebody else signed in: in their name it must not be done.
        if (context.origin && record && context.origin !== record.sid) {
          throw new AuthCenterError({
            code: 'UNAUTHENTICATED',
            status: 401,
            detail: 'The session in which the call was made has ended',
          });
        }
        context.sent = record;
      }
      return record?.access_token;
    },

    async recover(error, { sent }) {
      if (!sent) return 'no';
      if (error.code === 'SESSION_REVOKED' && session.record?.access_token === sent.access_token) {
        await session.replace(null);
        tabs.announce({ sid: sent.sid, record: null });
      }
      if (error.code === 'STEP_UP_REQUIRED') return stepUp.ask(sent);
      if (error.code !== 'TOKEN_EXPIRED' && error.code !== 'TOKEN_STALE') return 'no';
      const isNew = await refresher.renew(sent, error.code === 'TOKEN_STALE');
      if (session.record?.sid !== sent.sid || session.record.access_token === sent.access_token) return 'no';
      return isNew ? 'last' : 'again';
    },
  };
}
