// Keeps the access token fresh: ahead of expiry, or when the server asks for it; one refresh at a time, over all tabs.
import type { Environment } from './environment.ts';
import { AuthCenterError, toAuthCenterError } from './error.ts';
import { type SessionRecord, succeed, type Tokens, toRecord } from './record.ts';
import type { Session } from './session.ts';
import type { Tabs } from './tabs.ts';

export interface Refresher {
  /**
   * The access token to send now; null when nobody is signed in.
   *
   * @throws AuthCenterError when the old one has expired and the server could not be asked
   */
  provide(): Promise<SessionRecord | null>;
  /**
   * Gets a token other than the one that was refused.
   *
   * @param refused - the record whose token was sent; null: nobody knows yet who is signed in
   * @param stale - whether many others may have been told the same at this moment
   * @returns whether the server was asked for it; false: it was found here or in another tab, and may be out of date as well
   * @throws AuthCenterError when it was not to be had; the session has ended when its code is UNAUTHENTICATED or SESSION_REVOKED
   */
  renew(refused: SessionRecord | null, stale?: boolean): Promise<boolean>;
  /** Resolves when no refresh is under way. */
  settle(): Promise<void>;
}

interface Parts {
  readonly session: Session;
  readonly tabs: Tabs;
  readonly env: Pick<Environment, 'now' | 'wait' | 'random'>;
  /** Longest that one refresh with all its retries may take, in milliseconds: others wait for it. */
  readonly limit: number;
  requestTokens(refreshToken: string | null, signal: AbortSignal): Promise<Tokens>;
}

/** With less of its life left than this part, and this many milliseconds, a token is not sent any more: it would expire on its way. */
const TOO_LATE = { part: 0.05, ms: 5_000 };
/** Over how long the refreshes are spread that a changed role causes. */
const STALE_SPREAD = 250;
/** How long to wait for the notice of the tab that held the lock. */
const HANDOVER = 50;

/** Only this ends a session: the server was asked, and refused. */
export const isRefusal = ({ status, code }: AuthCenterError): boolean =>
  status === 401 && (code === 'UNAUTHENTICATED' || code === 'SESSION_REVOKED');

export function createRefresher({ session, tabs, env, limit, requestTokens }: Parts): Refresher {
  let flight: { readonly generation: number; readonly done: Promise<boolean> } | null = null;

  function renew(refused: SessionRecord | null, stale = false): Promise<boolean> {
    // Renewed, or over, since that token was sent.
    if (session.isKnown && session.record?.access_token !== refused?.access_token) return Promise.resolve(false);
    if (session.isKnown && !session.record) return Promise.resolve(false);
    const { generation } = session;
    if (flight?.generation !== generation) {
      const done = refresh(stale).finally(() => {
        if (flight?.done === done) flight = null;
      });
      flight = { generation, done };
    }
    return flight.done;
  }

  async function refresh(stale: boolean): Promise<boolean> {
    const { record: before, generation, signal: ended } = session;
    const isOver = () => session.generation !== generation || session.record !== before;
    if (stale) await env.wait(env.random() * STALE_SPREAD);
    return tabs.exclusive(ended, async (waited) => {
      await session.reload();
      if (waited && !isOver()) await tabs.listen(HANDOVER);
      if (isOver()) return false;
      await ask(before, ended, isOver);
      return true;
    });
  }

  async function ask(before: SessionRecord | null, ended: AbortSignal, isOver: () => boolean): Promise<void> {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    const timer = setTimeout(stop, limit);
    ended.addEventListener('abort', stop, { once: true });
    const askedAt = env.now();
    try {
      const tokens = await requestTokens(before?.refresh_token ?? null, attempt.signal);
      // Whoever signed out meanwhile, here or in another tab, stays signed out.
      await session.reload();
      if (ended.aborted) return;
      const record = merge(before, session.record, toRecord(tokens, askedAt, env.now()));
      if (!record) return;
      // The cookie decides who is signed in: another tab may have signed in as somebody else.
      await (before?.sid === record.sid ? session.renew(record) : session.replace(record));
      tabs.announce({ sid: record.sid, record });
    } catch (thrown) {
      if (ended.aborted) return;
      const error = toAuthCenterError(thrown);
      if (error.code === 'ABORTED')
        throw new AuthCenterError({
          code: 'NETWORK_ERROR',
          detail: 'The server did not answer in time',
          cause: thrown,
        });
      if (!isRefusal(error)) throw error;
      await session.reload();
      if (isOver()) return;
      await session.replace(null);
      if (before) tabs.announce({ sid: before.sid, record: null });
      throw error;
    } finally {
      clearTimeout(timer);
      ended.removeEventListener('abort', stop);
    }
  }

  async function provide(): Promise<SessionRecord | null> {
    await session.load();
    if (!session.isKnown) await renew(null).catch(passRefusal);
    const { record } = session;
    const now = env.now();
    if (!record || now < session.renewAt) return record;
    const renewal = renew(record).catch(passRefusal);
    // Still good for a while: this call need not wait.
    if (now < record.expires_at - Math.min(record.lifetime * TOO_LATE.part, TOO_LATE.ms)) {
      renewal.catch(() => {});
      return session.record;
    }
    await renewal;
    const next = session.record;
    // What another tab handed over while this one slept may have run out, too.
    return next && next !== record && env.now() >= next.expires_at ? provide() : next;
  }

  async function settle(): Promise<void> {
    await flight?.done.catch(() => {});
  }

  return { provide, renew, settle };
}

/**
 * @param before - what was refreshed
 * @param now - what stands at present
 * @returns what stands from now on; null: what stands at present
 */
function merge(before: SessionRecord | null, now: SessionRecord | null, fresh: SessionRecord): SessionRecord | null {
  if (now === before) return before?.sid === fresh.sid ? succeed(before, fresh) : fresh;
  // Another tab was first; the server answers all with the same successor.
  if (!now || now.refresh_token !== before?.refresh_token) return null;
  // A proof was given meanwhile, and its access token knows of it; but its refresh token is spent.
  return succeed(now, { refresh_token: fresh.refresh_token });
}

/** A refusal has signed out, which is an answer, not a failure. */
function passRefusal(error: unknown): boolean {
  if (error instanceof AuthCenterError && isRefusal(error)) return true;
  throw error;
}
