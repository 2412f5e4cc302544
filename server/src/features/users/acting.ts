// Who changes another user, and whom: both as they are inside the transaction.
import type { RightsHolder } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import type { RoleTable } from '../../platform/live/role-table.ts';
import { type Acting, findActor, readActor } from '../rbac/acting.ts';
import { currentGrants } from '../rbac/grants.ts';
import { toRightsHolder } from '../rbac/rights-holder.ts';
import type { UserDocument } from './document.ts';
import { mayEdit } from './policy.ts';

export { RIGHTS_GUARD } from '../rbac/acting.ts';

/**
 * Reads caller and target under the guard and checks that the one may edit the other.
 *
 * @returns the target with its grants as they count
 * @throws AppError NOT_FOUND; PERMISSION_DENIED naming the permission
 */
export async function readForChange(
  ctx: Ctx<'users' | 'roles' | 'clock' | 'takeGuard'>,
  tx: Tx,
  targetId: string,
  permission: string,
): Promise<Acting & { readonly target: UserDocument }> {
  const { actor, roles } = await readActor(ctx, tx, permission);
  const target = await findTarget(ctx, actor, roles, targetId, permission, tx);
  return { actor, roles, target: { ...target, roles: currentGrants(target.roles, roles, ctx.clock.now()) } };
}

/** The same for what only reads, and may be a moment late. */
export async function requireMayEdit(
  ctx: Ctx<'users' | 'live' | 'clock'>,
  targetId: string,
  permission: string,
): Promise<UserDocument> {
  const roles = ctx.live.roles();
  return findTarget(ctx, await findActor(ctx, roles, permission), roles, targetId, permission);
}

async function findTarget(
  { users, clock }: Ctx<'users' | 'clock'>,
  actor: RightsHolder,
  roles: RoleTable,
  id: string,
  permission: string,
  tx?: Tx,
): Promise<UserDocument> {
  const target = (await users.findById(id, tx)) ?? fail('NOT_FOUND');
  if (!mayEdit(actor, toRightsHolder(target), roles, clock.now()))
    fail('PERMISSION_DENIED', { permission, detail: 'This user stands above your own level' });
  return target;
}
