// The last administrator stays one.
import { ADMIN_ROLE } from '@authcenter/shared';
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { fail } from '../../errors.ts';
import type { UserDocument } from './document.ts';

/**
 * Under the guard of rights. Only grants without expiry count, or time would remove the last administrator.
 *
 * @throws AppError LAST_ADMIN
 */
export async function requireAnotherAdmin(
  ctx: Pick<Deps, 'users' | 'live'>,
  tx: Tx,
  target: UserDocument,
): Promise<void> {
  const admin = ctx.live.roles().byName.get(ADMIN_ROLE);
  const counts =
    admin &&
    target.status === 'active' &&
    target.roles.some(({ role_id, expires_at }) => role_id.toHexString() === admin.id && expires_at === null);
  if (counts && (await ctx.users.countLastingHolders(admin.id, target._id.toHexString(), tx)) === 0) fail('LAST_ADMIN');
}
