// The factors of an account as one value, changed by compare-and-set: a code that is spent meanwhile does not come back.
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../../platform/live/effects.ts';
import type { Changed, Deed } from '../../../platform/mail/templates.ts';
import type { TwoFactorDocument, UserDocument } from '../../users/document.ts';
import { sameCredentials } from '../../users/repository.ts';
import { tellOfChange } from '../../users/tell.ts';
import { mustHaveFactor } from '../sign-in/facts.ts';

export const NO_FACTORS: TwoFactorDocument = { backup_codes: [], passkeys: 0 };

export const readFactorsOf = ({ security }: UserDocument): TwoFactorDocument => security.two_factor ?? NO_FACTORS;

export const hasFactor = ({ totp, passkeys }: TwoFactorDocument): boolean => totp !== undefined || passkeys > 0;

/** Without a factor there are no backup codes either; an enrolment that waits goes on waiting. Null: nothing is left. */
export function tidy(factors: TwoFactorDocument): TwoFactorDocument | null {
  if (hasFactor(factors)) return factors;
  return factors.pending ? { ...factors, backup_codes: [] } : null;
}

const asRead = (user: UserDocument) => ({
  ...sameCredentials(user),
  // Whatever else changes the ways in raises it: of two acts that each leave the other as the last, one begins again.
  'security.token_epoch': user.security.token_epoch,
  // Null finds what is absent.
  'security.two_factor': (user.security.two_factor ?? null) as TwoFactorDocument,
});

type FactorsCtx = Ctx<'users' | 'live' | 'clock' | 'audit' | 'log' | 'queueMessage', Caller | null>;

/** @throws AppError LAST_CREDENTIAL when without it there is none, and a role demands one */
export function requireFactorLeft(
  ctx: Ctx<'config' | 'live' | 'clock', Caller | null>,
  user: UserDocument,
  left: TwoFactorDocument,
): void {
  if (!hasFactor(left) && mustHaveFactor(ctx, user))
    fail('LAST_CREDENTIAL', { detail: 'A role of yours demands a second factor, and there is no other' });
}

const changedMeanwhile = () => fail('INVALID_CODE', { detail: 'The account was changed meanwhile, begin again' });

/**
 * Stores the factors, makes tokens stale, records it and tells the person.
 *
 * @throws AppError INVALID_CODE when the account is not as it was read
 */
export async function changeFactors(
  ctx: FactorsCtx,
  tx: Tx,
  user: UserDocument,
  factors: TwoFactorDocument,
  { act, changed, deed }: { readonly act: string; readonly changed: Changed; readonly deed: Deed },
): Promise<UserDocument> {
  const id = user._id.toHexString();
  const now = ctx.clock.now();
  const { $set, $inc } = staleTokens(now);
  const left = tidy(factors);
  const after = await ctx.users.update(
    id,
    asRead(user),
    {
      $set: { ...$set, 'security.factors_changed_at': now, ...(left ? { 'security.two_factor': left } : {}) },
      $inc,
      ...(left ? {} : { $unset: { 'security.two_factor': '' } }),
    },
    tx,
  );
  if (!after) return changedMeanwhile();
  announceEpoch(ctx, tx, after);
  await recordAct(ctx, tx, {
    act,
    target: { kind: 'user', id },
    ...(ctx.caller ? {} : { actor: { kind: 'user', id, sid: null } }),
    details: { factor: changed },
  });
  await tellOfChange(ctx, tx, id, changed, deed);
  return after;
}

/** Keeps an enrolment that no code has proven yet: nothing is changed by it. */
export async function keepPending(
  ctx: Ctx<'users', Caller | null>,
  user: UserDocument,
  pending: NonNullable<TwoFactorDocument['pending']>,
): Promise<void> {
  const kept = await ctx.users.update(user._id.toHexString(), asRead(user), {
    $set: { 'security.two_factor': { ...readFactorsOf(user), pending } },
  });
  if (!kept) changedMeanwhile();
}
