// The acting user's rights as they are inside the transaction: a token may be a moment older than the database.
import { evaluate, parsePair, type RightsHolder } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import { toRightsHolder } from '../rbac/rights-holder.ts';
import { mayEdit } from './policy.ts';
import type { UserDocument } from './repository.ts';

/** The guard document of every act that changes who may do what: levels and the last administrator are rules over several users. */
export const RIGHTS_GUARD = 'rights';

/**
 * Reads caller and target under the guard and checks that the one may edit the other.
 *
 * @throws AppError NOT_FOUND; PERMISSION_DENIED naming the permission
 */
export async function readForChange(
  ctx: Ctx<'users' | 'live' | 'clock' | 'takeGuard'>,
  tx: Tx,
  targetId: string,
  permission: string,
): Promise<{ actor: RightsHolder; target: UserDocument }> {
  await ctx.takeGuard(tx, RIGHTS_GUARD);
  const now = ctx.clock.now();
  const roles = ctx.live.roles();
  const [caller, target] = [await ctx.users.findById(ctx.caller.id, tx), await ctx.users.findById(targetId, tx)];
  const actor = caller && toRightsHolder(caller);
  if (!actor || !evaluate(actor, roles.byId, now, parsePair(permission)).allowed)
    fail('PERMISSION_DENIED', { permission });
  if (!target) fail('NOT_FOUND');
  if (!mayEdit(actor, toRightsHolder(target), roles, now))
    fail('PERMISSION_DENIED', { permission, detail: 'This user stands above your own level' });
  return { actor, target };
}
