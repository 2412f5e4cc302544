// Where every way in goes on once somebody has proven who they are, and the lock in front of what can be guessed.
import type { ErrorCode } from '@authcenter/shared/errors';
import type { SignedIn, SignInResult } from '@authcenter/shared/schemas';
import type { CallInfo } from './call.ts';
import { newSecret } from './random.ts';
import { refuse } from './refusal.ts';
import { type Opening, openSession } from './sessions.ts';
import type { Ticket, World } from './world.ts';

/** Refused, asked for more, or signed in. */
export async function proceed(world: World, call: CallInfo, opening: Opening): Promise<SignInResult> {
  const { user, methods } = opening;
  if (user.status !== 'active') refuse('ACCOUNT_DISABLED');
  if (user.totp !== null && !methods.includes('mfa')) {
    const token = issueTicket(world, 'mfa', opening, 300);
    return { status: 'mfa_required', mfa_token: token, methods: ['totp'], expires_in: 300 };
  }
  if (user.mustChangePassword && methods.includes('pwd')) {
    const token = issueTicket(world, 'password_change', opening, 900);
    return { status: 'password_change_required', change_token: token, expires_in: 900 };
  }
  return openSession(world, call, opening);
}

/** Into an account that was just made: there is nothing more to ask for. */
export const proceedAnew = async (world: World, call: CallInfo, opening: Opening): Promise<SignedIn> =>
  openSession(world, call, opening);

function issueTicket(world: World, kind: Ticket['kind'], opening: Opening, seconds: number): string {
  const token = newSecret();
  const { user, methods, wishes, clientId = null } = opening;
  const expiresAt = new Date(world.clock.now().getTime() + seconds * 1000);
  world.tickets.set(token, { kind, userId: user.id, methods, wishes, clientId, expiresAt, tries: 0 });
  return token;
}

/** @throws Refusal INVALID_CODE for what is unknown or took too long */
export function readTicket({ tickets, users, clock }: World, kind: Ticket['kind'], token: string) {
  const ticket = tickets.get(token);
  const user = ticket && users.get(ticket.userId);
  if (ticket?.kind !== kind || !user || ticket.expiresAt <= clock.now()) return refuse('INVALID_CODE');
  return { ticket, user };
}

const MOST_FAILURES = 5;
const LOCKED_FOR = 30 * 60_000;

/**
 * A guess under the lock of what it is about.
 *
 * @param key - the account's id; of who is unknown what was typed
 * @param look - looks at it; null: it is wrong
 * @returns what it found
 * @throws Refusal ACCOUNT_LOCKED, or the one named
 */
export function guess<T>(world: World, key: string, refusal: ErrorCode, look: () => T | null): T {
  const { failures, clock } = world;
  const now = clock.now().getTime();
  requireUnlocked(world, key);
  const found = look();
  if (found !== null) {
    failures.delete(key);
    return found;
  }
  const count = (failures.get(key)?.count ?? 0) + 1;
  failures.set(key, { count, lockedUntil: count >= MOST_FAILURES ? new Date(now + LOCKED_FOR) : null });
  return refuse(refusal);
}

/** @throws Refusal ACCOUNT_LOCKED */
export function requireUnlocked({ failures, clock }: World, key: string): void {
  const until = failures.get(key)?.lockedUntil;
  if (!until) return;
  const left = until.getTime() - clock.now().getTime();
  if (left > 0) refuse('ACCOUNT_LOCKED', { retryAfter: Math.ceil(left / 1000) });
  failures.delete(key);
}
