// The record of a session: what is kept of the tokens, and how it is read back from wherever it was kept.
import type { RouterOutputs } from './router.ts';

/**
 * The signed-in person: names, roles, and the permissions (`resource:ACTION`) that count now.
 *
 * @example
 * import type { SessionUser } from '@authcenter/client';
 *
 * export const greet = (user: SessionUser) => `Hello ${user.profile.name ?? user.username}`;
 */
export type SessionUser = RouterOutputs['auth']['me'];

export interface SessionRecord {
  readonly v: 1;
  /** The server's id of the session. */
  readonly sid: string;
  readonly access_token: string;
  /** Null when it lives in the cookie. */
  readonly refresh_token: string | null;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expires_at: number;
  /** Milliseconds that the access token was good for. */
  readonly lifetime: number;
  /** When the request that brought it was sent; the later of two records is the newer. */
  readonly asked_at: number;
  readonly user: SessionUser;
}

/** What every answer that opens or renews a session holds. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string | undefined;
  /** Seconds. */
  readonly expires_in: number;
  readonly user: SessionUser;
}

/** Whether an answer brought tokens. */
export const holdsTokens = <T extends { status: string }>(answer: T): answer is Extract<T, Tokens> =>
  'access_token' in answer;

/** The `sid` claim; read, not verified: it only tells sessions apart. */
function readSid(token: string): string {
  try {
    const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    return String(JSON.parse(atob(payload)).sid);
  } catch {
    return token;
  }
}

export function toRecord(tokens: Tokens, askedAt: number, now: number): SessionRecord {
  const lifetime = tokens.expires_in * 1000;
  return {
    v: 1,
    sid: readSid(tokens.access_token),
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token ?? null,
    expires_at: now + lifetime,
    lifetime,
    asked_at: askedAt,
    user: tokens.user,
  };
}

/** What is made from a record is newer than it, even when the clock was set back. */
export const succeed = (before: SessionRecord, changes: Partial<SessionRecord>): SessionRecord => ({
  ...before,
  ...changes,
  asked_at: Math.max(changes.asked_at ?? 0, before.asked_at + 1),
});

const isRecord = (value: unknown): value is SessionRecord =>
  typeof value === 'object' &&
  value !== null &&
  Reflect.get(value, 'v') === 1 &&
  typeof Reflect.get(value, 'access_token') === 'string' &&
  typeof Reflect.get(value, 'user') === 'object';

/** Null for whatever was not written by `JSON.stringify(record)`. */
export function parseRecord(text: unknown): SessionRecord | null {
  try {
    const value: unknown = JSON.parse(String(text));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
