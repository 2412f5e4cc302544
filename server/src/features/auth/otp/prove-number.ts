// A number that somebody else had typed is proven by whoever signs in with it.
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';

/** @throws AppError INVALID_CODE when the account has another number by now */
export async function proveNumber(
  ctx: Ctx<'users' | 'clock', Caller | null>,
  { _id, phone, phone_verified, proven_at }: UserDocument,
  tx: Tx,
): Promise<void> {
  if (phone_verified || phone === undefined) return;
  const now = ctx.clock.now();
  const proven = await ctx.users.update(
    _id.toHexString(),
    { phone },
    { $set: { phone_verified: true, proven_at: proven_at ?? now, updated_at: now }, $unset: { unverified_until: '' } },
    tx,
  );
  if (!proven) fail('INVALID_CODE');
}
