// What can be guessed is guarded here, whatever it is: a try is reserved before the proof is looked at, and settled by the result.
import type { ErrorCode } from '@authcenter/shared/errors';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { UserDocument } from '../../users/document.ts';
import { recordFailure, releaseReservation, reserveLoginTry, type Try } from '../lockout/service.ts';

export type TryCtx = Ctx<
  'attempts' | 'clock' | 'config' | 'hashIdentifier' | 'metrics' | 'transact' | 'queueMessage' | 'audit' | 'log',
  Caller | null
>;

export interface TryOptions {
  /** Whom it is about; null where nobody is known by what was typed. */
  readonly user: UserDocument | null;
  /** What was typed, in its normal form: who is unknown is counted by it. */
  readonly identifier: string;
  /** `pwd`, `sms`, `totp`, … */
  readonly way: string;
  readonly refusal: ErrorCode & ('INVALID_CREDENTIALS' | 'INVALID_CODE');
}

/** An account has one allowance, by whichever of its names and ways it is tried. */
export const accountKey = (userId: string): string => `account ${userId}`;

/**
 * Runs a check under the lock of the account.
 *
 * @param check - null: the proof is wrong, which counts as a failure; what it throws counts as nothing
 * @returns what the check found, and the try, to be settled by whoever goes on with it
 * @throws AppError ACCOUNT_LOCKED; RATE_LIMITED while as many tries are under way as failures are left; the refusal
 */
export async function tryProof<T>(
  ctx: TryCtx,
  options: TryOptions,
  check: () => Promise<T | null>,
): Promise<{ proof: T; attempt: Try }> {
  const { user, identifier } = options;
  const attempt = await reserveLoginTry(ctx, user ? accountKey(user._id.toHexString()) : identifier);
  // The client went away, a dependency is not there: nothing was guessed.
  const proof = await releasingOnError(ctx, attempt, check);
  return proof === null ? refuse(ctx, attempt, options) : { proof, attempt };
}

/** Runs what follows a right proof: when it comes to nothing, the try must not lapse as a failure. */
export async function releasingOnError<T>(ctx: TryCtx, attempt: Try, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await releaseReservation(ctx, attempt);
    throw error;
  }
}

async function refuse(ctx: TryCtx, attempt: Try, { user, way, refusal }: TryOptions): Promise<never> {
  const userId = user?._id.toHexString() ?? null;
  const closed = await ctx.transact(async (tx) => {
    const lock = await recordFailure(ctx, attempt, tx);
    await recordAct(ctx, tx, {
      act: 'auth.login',
      outcome: 'failure',
      target: { kind: 'user', id: userId },
      details: { method: way, identifier: attempt.identifier, locked: lock !== 'none' },
    });
    // Queued for unknown identifiers too: time must not tell. Whoever composes it drops what has no recipient. Told once,
    // however many sources come to be locked.
    if (lock === 'first')
      await ctx.queueMessage(
        { kind: 'notice', notice: 'account_locked', user_id: userId, locale: ctx.request.language() },
        tx,
      );
    return lock;
  });
  if (closed !== 'none') {
    ctx.metrics.lockedAccounts.inc();
    ctx.metrics.securityEvents.inc({ type: 'account_locked' });
  }
  ctx.metrics.signIns.inc({ way, outcome: refusal });
  ctx.log.auth.info(
    { identifier: attempt.identifier, way, ip: ctx.request.ip, request_id: ctx.request.id },
    'sign-in refused',
  );
  return fail(refusal);
}
