// rbac.roles.addPermissions and removePermission: what a role holds.
import { ADMIN_ROLE, type AddPermissionsInput, type RemovePermissionInput, type Role } from '@authcenter/shared';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { beginRoleChange, type ChangeCtx, inForce, requireHeld } from '../change.ts';
import { type RoleDocument, toPermissionRef } from '../repository.ts';
import { toRole } from '../wire.ts';
import { readPermissions } from './service.ts';

/** @throws AppError NOT_FOUND for role or permission; PERMISSION_DENIED by the level rule; BUILTIN_PROTECTED for Admin */
export async function addPermissions(ctx: ChangeCtx, { id, permission_ids }: AddPermissionsInput): Promise<Role> {
  const adding = ctx.transact(async (tx) => {
    const change = await beginRoleChange(ctx, tx, id);
    const { role, counter, now } = change;
    const permissions = await readPermissions(ctx, permission_ids, tx);
    requireHeld(change, permissions);
    requireNotAdmin(role);
    const added = permissions.filter(({ _id }) => !role.permissions.some((held) => held.permission_id.equals(_id)));
    if (added.length === 0) return role;
    const fields = {
      permissions: [...role.permissions, ...added.map(toPermissionRef)],
      rights_version: counter,
      updated_at: now,
    };
    const updated = (await ctx.roles.updateRole(id, fields, tx)) ?? fail('NOT_FOUND');
    await recordAct(ctx, tx, {
      act: 'rbac.role_permissions_added',
      target: { kind: 'role', id },
      details: { name: role.name, permissions: added.map(({ name }) => name) },
    });
    return updated;
  });
  return toRole(await inForce(ctx, adding));
}

/** @throws AppError NOT_FOUND also for a permission that the role does not hold; PERMISSION_DENIED by the level rule; BUILTIN_PROTECTED for Admin */
export async function removePermission(
  ctx: ChangeCtx,
  { id, permission_id: permissionId }: RemovePermissionInput,
): Promise<void> {
  const removing = ctx.transact(async (tx) => {
    const change = await beginRoleChange(ctx, tx, id);
    const { role, counter, now } = change;
    const removed =
      role.permissions.find((held) => held.permission_id.toHexString() === permissionId) ??
      fail('NOT_FOUND', { detail: 'The role does not hold this permission' });
    requireHeld(change, [removed]);
    requireNotAdmin(role);
    const permissions = role.permissions.filter((held) => held !== removed);
    await ctx.roles.updateRole(id, { permissions, rights_version: counter, updated_at: now }, tx);
    await recordAct(ctx, tx, {
      act: 'rbac.role_permission_removed',
      target: { kind: 'role', id },
      details: { name: role.name, permission: removed.name },
    });
  });
  await inForce(ctx, removing);
}

/** @throws AppError BUILTIN_PROTECTED */
function requireNotAdmin({ name }: RoleDocument): void {
  if (name === ADMIN_ROLE) fail('BUILTIN_PROTECTED', { detail: 'The role Admin always holds every permission' });
}
