// An address that somebody has just proven, taken from whoever claimed it without proof.
import { DEFAULT_ROLE } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { announceEpoch, endAllSessions, staleTokens } from '../../../platform/live/effects.ts';

/**
 * A registration that never proved anything loses password and sessions with it, and is closed: it may have been made by whoever
 * wanted this person to find an account ready. An account that proved an address before, or that an administrator gave a role to,
 * is somebody's: it loses the address alone, and signs in by its user name.
 *
 * @param except - the account it is for
 * @returns whether the address is free now; false when another account has proven it
 */
export async function takeUnprovenAddress(
  ctx: Ctx<'users' | 'sessions' | 'live' | 'clock', Caller | null>,
  tx: Tx,
  email: string,
  except?: string,
): Promise<boolean> {
  const holder = await ctx.users.findByLogin({ email }, tx);
  const id = holder?._id.toHexString();
  if (!holder || id === undefined || id === except) return true;
  if (holder.email_verified) return false;
  const plain = ctx.live.roles().byName.get(DEFAULT_ROLE)?.id;
  const isSomebodys =
    holder.proven_at !== undefined || holder.roles.some(({ role_id }) => role_id.toHexString() !== plain);
  const now = ctx.clock.now();
  const { $set, $inc } = staleTokens(now);
  const loser = await ctx.users.update(
    id,
    { email, email_verified: false },
    isSomebodys
      ? { $set, $inc, $unset: { email: '' } }
      : {
          $set: { ...$set, 'security.password_changed_at': now, status: 'inactive' },
          $inc,
          $unset: { email: '', password_hash: '', password_scheme: '' },
        },
    tx,
  );
  if (!loser) fail('INVALID_CODE');
  announceEpoch(ctx, tx, loser);
  if (!isSomebodys) await endAllSessions(ctx, tx, id, 'address_lost');
  return true;
}
