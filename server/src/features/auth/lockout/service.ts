// Tries of a sign-in: reserved before the password is looked at, settled by its result.
import { randomUUID } from 'node:crypto';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { sourceKey } from '../../../platform/rate-limits.ts';
import {
  type Closed,
  clearFailures,
  failTry,
  findLock,
  type LockoutRules,
  passTime,
  type Reservation,
  releaseTry,
  reserveTry,
} from './policy.ts';

type LockoutCtx = Ctx<'attempts' | 'clock' | 'config' | 'hashIdentifier' | 'metrics', Caller | null>;

/** A reserved try; settle it by exactly one of `recordFailure`, `releaseReservation`, `recordSuccess`. */
export interface Try {
  readonly identifier: string;
  readonly reservation: Reservation;
}

const rulesOf = ({ config }: LockoutCtx): LockoutRules => ({
  maxFailures: config.security.max_login_attempts,
  maxTotal: Math.max(50, config.security.max_login_attempts),
  lockFor: config.security.lockout_duration,
  abandonedAfter: 30_000,
  maxSources: 64,
});

const newTry = (ctx: LockoutCtx, identifier: string): Try => ({
  identifier: ctx.hashIdentifier(identifier),
  reservation: {
    id: randomUUID(),
    source: ctx.hashIdentifier(`${identifier} ${sourceKey(ctx.request.ip)}`),
    at: ctx.clock.now(),
  },
});

/** @throws AppError ACCOUNT_LOCKED; RATE_LIMITED while as many tries are under way as failures are left */
export async function reserveLoginTry(ctx: LockoutCtx, identifier: string): Promise<Try> {
  const attempt = newTry(ctx, identifier);
  const outcome = await ctx.attempts.apply(attempt.identifier, attempt.reservation.at, (state) => {
    const result = reserveTry(state, attempt.reservation, rulesOf(ctx));
    return { state: result.kind === 'reserved' ? result.state : null, result };
  });
  if (outcome.kind === 'locked') fail('ACCOUNT_LOCKED', { retryAfter: outcome.retryAfter });
  if (outcome.kind === 'busy') fail('RATE_LIMITED', { retryAfter: 1 });
  return attempt;
}

/**
 * For proofs that are not guessed (a signature, 256 random bits): nothing is reserved, but who is locked stays locked.
 *
 * @returns a try to be settled as the others are
 * @throws AppError ACCOUNT_LOCKED
 */
export async function requireUnlocked(ctx: LockoutCtx, identifier: string): Promise<Try> {
  const attempt = newTry(ctx, identifier);
  const { source, at } = attempt.reservation;
  const retryAfter = await ctx.attempts.apply(attempt.identifier, at, (state) => ({
    state: null,
    result: findLock(state, source, at, rulesOf(ctx)),
  }));
  if (retryAfter !== null) fail('ACCOUNT_LOCKED', { retryAfter });
  return attempt;
}

/** @returns the lock that this failure closed, if any */
export async function recordFailure(ctx: LockoutCtx, { identifier, reservation }: Try, tx: Tx): Promise<Closed> {
  const now = ctx.clock.now();
  return ctx.attempts.apply(
    identifier,
    now,
    (before) => {
      const { state, closed } = failTry(before, reservation, now, rulesOf(ctx));
      return { state: state === before ? null : state, result: closed };
    },
    tx,
  );
}

export async function releaseReservation(ctx: LockoutCtx, { identifier, reservation }: Try, tx?: Tx): Promise<void> {
  const now = ctx.clock.now();
  await ctx.attempts.apply(
    identifier,
    now,
    (before) => {
      const state = releaseTry(passTime(before, now, rulesOf(ctx)), reservation);
      // Where nothing was reserved there is nothing to give back.
      return { state: before.reservations.length === state.reservations.length ? null : state, result: null };
    },
    tx,
  );
}

export async function recordSuccess(ctx: LockoutCtx, { identifier, reservation }: Try, tx: Tx): Promise<void> {
  const now = ctx.clock.now();
  await ctx.attempts.apply(
    identifier,
    now,
    (before) => {
      const hasAny = before.failures > 0 || before.sources.length > 0 || before.reservations.length > 0;
      const state = hasAny ? clearFailures(passTime(before, now, rulesOf(ctx)), reservation) : null;
      return { state, result: null };
    },
    tx,
  );
}

/** Opens every lock of an account: its owner has proven themselves by mail or SMS. */
export async function clearLocks(
  ctx: Pick<LockoutCtx, 'attempts' | 'hashIdentifier'>,
  account: string,
  tx: Tx,
): Promise<void> {
  await ctx.attempts.remove(ctx.hashIdentifier(account), tx);
}
