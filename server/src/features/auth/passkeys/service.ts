// auth.passkeys: making one known, listing, removing.
import type { FactorActivated, Passkey, RegisterPasskeyInput } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Caller, Ctx, UserCaller } from '../../../context.ts';
import { duplicateKey } from '../../../database/errors.ts';
import { fail } from '../../../errors.ts';
import { requireOtherWay } from '../account/ways-in.ts';
import { addFactor } from '../mfa/added.ts';
import { changeFactors, readFactorsOf, requireFactorLeft } from '../mfa/factors.ts';
import { readHolder } from '../mfa/holder.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { readAttestation } from './attestation.ts';

type PasskeyCtx = SignInCtx & Ctx<'passkeys' | 'passkeyChallenges', Caller | null>;
type OwnCtx = Omit<PasskeyCtx, 'caller'> & { readonly caller: UserCaller };

/** More than anyone has devices. */
const MAX_PASSKEYS = 20;

/**
 * @throws AppError INVALID_CODE for an answer that is not good, or to no challenge of ours; ALREADY_EXISTS for a passkey that is known;
 *   UNAUTHENTICATED, STEP_UP_REQUIRED, EMAIL_NOT_VERIFIED
 */
export async function registerPasskey(ctx: PasskeyCtx, input: RegisterPasskeyInput): Promise<FactorActivated> {
  const holder = await readHolder(ctx, input.setup_token, { takeTry: true });
  const factors = readFactorsOf(holder.user);
  if (factors.passkeys >= MAX_PASSKEYS)
    fail('VALIDATION_FAILED', { detail: `There are ${MAX_PASSKEYS} passkeys already: remove one first` });
  const passkey = await readAttestation(ctx, holder.user, input);
  try {
    return await addFactor(ctx, holder, {
      kind: 'passkey',
      method: 'passkey',
      factors: { ...factors, passkeys: factors.passkeys + 1 },
      alongside: (tx) => ctx.passkeys.insert(passkey, tx),
    });
  } catch (error) {
    if (duplicateKey(error) === 'credential_id') fail('ALREADY_EXISTS', { detail: 'This passkey is known already' });
    throw error;
  }
}

export async function listPasskeys(ctx: Ctx<'passkeys'>): Promise<{ items: Passkey[] }> {
  const found = await ctx.passkeys.listOfUser(new ObjectId(ctx.caller.id));
  return {
    items: found.map(({ _id, label, backed_up, created_at, last_used_at }) => ({
      id: _id.toHexString(),
      label,
      backed_up,
      created_at,
      last_used_at,
    })),
  };
}

/** @throws AppError NOT_FOUND also for another's; LAST_CREDENTIAL */
export async function removePasskey(ctx: OwnCtx, { id }: { id: string }): Promise<void> {
  const user = (await ctx.users.findById(ctx.caller.id)) ?? fail('NOT_FOUND');
  const factors = readFactorsOf(user);
  const left = factors.passkeys - 1;
  requireOtherWay(ctx, user, left > 0 ? 'none' : 'passkey');
  requireFactorLeft(ctx, user, { ...factors, passkeys: left });
  await ctx.transact(async (tx) => {
    if (!(await ctx.passkeys.remove(id, user._id, tx))) fail('NOT_FOUND');
    await changeFactors(
      ctx,
      tx,
      user,
      { ...factors, passkeys: left },
      { act: 'auth.factor_removed', changed: 'passkey', deed: 'removed' },
    );
  });
}
