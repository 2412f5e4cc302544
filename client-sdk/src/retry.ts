// Which refusals are worth another try, and after how long.
import type { AuthCenterError } from './error.ts';

/** The part of a tRPC operation that decides. */
export interface Repeatable {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly path: string;
  readonly context: { readonly idempotencyKey?: unknown };
}

/** Mutations whose second run changes nothing that the first has not. */
const REPEATABLE: readonly string[] = ['auth.refresh', 'auth.logout', 'auth.verify'];

/** Where neither the server nor a pattern says how long to wait: twice as long each time, up to this. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;

/** A limit or a full queue refuses before anything is done; an absent dependency may be noticed after. */
function mayRepeat(error: AuthCenterError, { type, path, context }: Repeatable): boolean {
  if (error.status === 429 || error.code === 'OVERLOADED') return true;
  return (
    error.status === 503 && (type === 'query' || REPEATABLE.includes(path) || context.idempotencyKey !== undefined)
  );
}

/**
 * @param attempt - how many retries there were before
 * @param left - what is left to wait in all, in milliseconds
 * @returns how long to wait, in milliseconds; null: tell the caller
 */
export function planRetry(
  error: AuthCenterError,
  op: Repeatable,
  attempt: number,
  left: number,
  random: () => number,
): number | null {
  if (!mayRepeat(error, op)) return null;
  const asked =
    error.retryAfter === undefined ? Math.min(FIRST_DELAY * 2 ** attempt, LONGEST_DELAY) : error.retryAfter * 1000;
  if (asked > left || left <= 0) return null;
  // Spread, so that those refused together do not come back together.
  return Math.min(Math.max(asked, 100) * (1 + random() / 2), left);
}
