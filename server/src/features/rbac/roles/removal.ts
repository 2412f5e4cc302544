// rbac.roles.delete, and what becomes of the grants. The role's going, and the other one's standing in for it, are one write: from
// then on a grant of the one is a grant of the other, or of nothing, for every holder at once, however many they are. The grants
// themselves are written anew afterwards, from the outbox, and no crash between changes what anybody may do.
import type { DeleteRoleInput } from '@authcenter/shared';
import { Id } from '@authcenter/shared';
import { z } from 'zod';
import type { Ctx } from '../../../context.ts';
import type { Deps } from '../../../deps.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { RIGHTS_GUARD } from '../acting.ts';
import { beginRoleChange, type Change, type ChangeCtx, inForce, requireHeld } from '../change.ts';
import { currentGrants } from '../grants.ts';
import { ROLE_TABLE_GUARD, type RoleDocument } from '../repository.ts';
import { requireMayInherit } from './heir.ts';

/**
 * @throws AppError NOT_FOUND also for `reassign_to`; PERMISSION_DENIED by the level rule, which holds for both roles;
 *   BUILTIN_PROTECTED; IN_USE when somebody holds it and nothing says what they are to have; VALIDATION_FAILED for itself in its place
 */
export async function deleteRole(
  ctx: ChangeCtx & Ctx<'queueRemovedRole'>,
  { id, reassign_to: reassignTo, force }: DeleteRoleInput,
): Promise<void> {
  if (reassignTo === id)
    fail('VALIDATION_FAILED', { errors: [{ path: 'reassign_to', message: 'must be another role' }] });
  const deleting = ctx.transact(async (tx) => {
    const change = await beginRoleChange(ctx, tx, id);
    const { role, now } = change;
    requireHeld(change, role.permissions);
    if (role.is_builtin) fail('BUILTIN_PROTECTED', { detail: 'A builtin role cannot be deleted' });
    const heir = reassignTo === undefined ? null : readHeir(ctx, change, reassignTo);
    const gone = [role._id, ...(role.replaces ?? [])];
    const isHeld = (await ctx.users.findHolder(gone, now, tx)) !== null;
    if (isHeld && !heir && !force)
      fail('IN_USE', { detail: 'Users hold this role: name another for them, or force its removal' });
    await ctx.roles.removeRole(id, tx);
    if (heir) await ctx.roles.replaceRoles(gone, heir.id, tx);
    await ctx.queueRemovedRole(tx, id);
    await recordAct(ctx, tx, {
      act: 'rbac.role_deleted',
      target: { kind: 'role', id },
      details: { ...describe(role), was_held: isHeld, reassigned_to: heir?.name ?? null },
    });
  });
  await inForce(ctx, deleting);
}

function readHeir(ctx: ChangeCtx, change: Change, id: string) {
  const heir = change.roles.byId.get(id);
  if (heir?.id !== id) fail('NOT_FOUND', { detail: 'There is no such role to reassign to' });
  requireMayInherit(ctx, change, heir);
  return heir;
}

const describe = ({ name, level, permissions }: RoleDocument) => ({
  name,
  level,
  permissions: permissions.map((permission) => permission.name),
});

export const RemovedRole = z.object({ role_id: Id });

/** Users in one transaction. */
const BATCH = 100;

type RewriteDeps = Pick<Deps, 'users' | 'roles' | 'clock' | 'takeGuard' | 'transact'>;

/**
 * Writes the grants of a removed role anew. Each batch is under the guard of rights: between reading what stands in for the role
 * and writing it, that role might be removed in turn.
 */
export async function rewriteGrants(deps: RewriteDeps, payload: unknown): Promise<void> {
  const { role_id: roleId } = RemovedRole.parse(payload);
  while (await rewriteBatch(deps, roleId));
}

/** @returns whether there may be more */
const rewriteBatch = (deps: RewriteDeps, roleId: string): Promise<boolean> =>
  deps.transact(async (tx) => {
    await deps.takeGuard(tx, RIGHTS_GUARD);
    const roles = await deps.roles.loadRoleTable(tx);
    if (roles.byId.get(roleId)?.id === roleId) return false;
    const holders = await deps.users.listGrantsOf(roleId, BATCH, tx);
    if (holders.length > 0) {
      const now = deps.clock.now();
      const changes = holders.map((user) => ({ id: user._id, roles: currentGrants(user.roles, roles, now) }));
      await deps.users.rewriteGrants(changes, tx);
      return true;
    }
    await deps.takeGuard(tx, ROLE_TABLE_GUARD);
    await deps.roles.forgetReplaced(roleId, tx);
    return false;
  });
