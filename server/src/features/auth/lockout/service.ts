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

/** @throws AppError ACCOUNT_LOCKED; RATE_LIMITED while as many tries are under way as failures are left */
export async function reserveLoginTry(ctx: LockoutCtx, identifier: string): Promise<Try> {
  const now = ctx.clock.now();
  const key = ctx.hashIdentifier(identifier);
  const reservation: Reservation = {
    id: randomUUID(),
    source: ctx.hashIdentifier(`${identifier} ${sourceKey(ctx.request.ip)}`),
    at: now,
  };
  const outcome = await ctx.attempts.apply(key, now, (state) => {
    const result = reserveTry(state, reservation, rulesOf(ctx));
    return { state: result.kind === 'reserved' ? result.state : null, result };
  });
  if (outcome.kind === 'locked') fail('ACCOUNT_LOCKED', { retryAfter: outcome.retryAfter });
  if (outcome.kind === 'busy') fail('RATE_LIMITED', { retryAfter: 1 });
  return { identifier: key, reservation };
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

export async function releaseReservation(ctx: LockoutCtx, { identifier, reservation }: Try): Promise<void> {
  const now = ctx.clock.now();
  await ctx.attempts.apply(identifier, now, (state) => ({
    state: releaseTry(passTime(state, now, rulesOf(ctx)), reservation),
    result: null,
  }));
}

export async function recordSuccess(ctx: LockoutCtx, { identifier, reservation }: Try, tx: Tx): Promise<void> {
  const now = ctx.clock.now();
  await ctx.attempts.apply(
    identifier,
    now,
    (state) => ({ state: clearFailures(passTime(state, now, rulesOf(ctx)), reservation), result: null }),
    tx,
  );
}
