// rbac.permissions: permissions are listed, made, described anew and removed, with their copies in roles.
import {
  ADMIN_ROLE,
  type CreatePermissionInput,
  type ListPermissionsInput,
  normalizePair,
  type Permission,
  type UpdatePermissionInput,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { transactOnce } from '../../../platform/idempotency.ts';
import { beginChange, type Change, type ChangeCtx, inForce } from '../change.ts';
import { mayChangePermission } from '../policy.ts';
import type { PermissionDocument } from '../repository.ts';
import { toPermission } from '../wire.ts';

export async function listPermissions(
  ctx: Ctx<'roles'>,
  { limit, cursor, with_total: withTotal, category }: ListPermissionsInput,
) {
  return toPage(await ctx.roles.listPermissions({ limit, cursor, withTotal, category }), toPermission);
}

/** Admin holds it from the start. @throws AppError ALREADY_EXISTS for its name, or for its pair under whatever alias */
export function createPermission(ctx: ChangeCtx, input: CreatePermissionInput): Promise<Permission> {
  const { name, description, category } = input;
  const pair = normalizePair(input.resource, input.action);
  const creating = transactOnce(ctx, 'rbac.permissions.create', input, async (tx) => {
    const { now, counter } = await beginChange(ctx, tx);
    await requireFreeName(ctx, name, tx);
    const same = await ctx.roles.findPermissionByPair(pair, tx);
    if (same) fail('ALREADY_EXISTS', { detail: `${same.name} is the permission for this resource and action already` });
    const permission: PermissionDocument = {
      _id: new ObjectId(),
      name,
      ...pair,
      description,
      category,
      is_builtin: false,
      created_at: now,
    };
    await ctx.roles.insertPermission(permission, tx);
    await ctx.roles.addToRole(ADMIN_ROLE, permission, counter, tx);
    await recordAct(ctx, tx, {
      act: 'rbac.permission_created',
      target: { kind: 'permission', id: permission._id.toHexString() },
      details: { name, ...pair, category },
    });
    return toPermission(permission);
  });
  return inForce(ctx, creating);
}

/** @throws AppError NOT_FOUND; PERMISSION_DENIED; BUILTIN_PROTECTED; ALREADY_EXISTS for the name */
export async function updatePermission(ctx: ChangeCtx, { id, ...given }: UpdatePermissionInput): Promise<Permission> {
  const updating = ctx.transact(async (tx) => {
    const { permission } = await beginPermissionChange(ctx, tx, id);
    const to: Partial<PermissionDocument> = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => value !== undefined && value !== Reflect.get(permission, field)),
    );
    if (permission.is_builtin && (to.name !== undefined || to.category !== undefined))
      fail('BUILTIN_PROTECTED', { detail: 'Of a builtin permission only the description can be changed' });
    if (Object.keys(to).length === 0) return permission;
    if (to.name !== undefined) {
      await requireFreeName(ctx, to.name, tx);
      await ctx.roles.renameInRoles(id, to.name, tx);
    }
    const updated = (await ctx.roles.updatePermission(id, to, tx)) ?? fail('NOT_FOUND');
    const from = Object.fromEntries(Object.keys(to).map((field) => [field, Reflect.get(permission, field)]));
    await recordAct(ctx, tx, {
      act: 'rbac.permission_updated',
      target: { kind: 'permission', id },
      details: { name: permission.name, from, to },
    });
    return updated;
  });
  return toPermission(await inForce(ctx, updating));
}

/** It is pulled from every role. @throws AppError NOT_FOUND; PERMISSION_DENIED; BUILTIN_PROTECTED */
export async function deletePermission(ctx: ChangeCtx, { id }: { id: string }): Promise<void> {
  const deleting = ctx.transact(async (tx) => {
    const { permission, counter, now } = await beginPermissionChange(ctx, tx, id);
    const { name, resource, action, is_builtin } = permission;
    if (is_builtin) fail('BUILTIN_PROTECTED', { detail: 'A builtin permission cannot be deleted' });
    await ctx.roles.removePermission(id, tx);
    const roles = await ctx.roles.pullFromRoles(id, counter, now, tx);
    await recordAct(ctx, tx, {
      act: 'rbac.permission_deleted',
      target: { kind: 'permission', id },
      details: { name, resource, action, roles },
    });
  });
  await inForce(ctx, deleting);
}

async function beginPermissionChange(
  ctx: ChangeCtx,
  tx: Tx,
  id: string,
): Promise<Change & { permission: PermissionDocument }> {
  const change = await beginChange(ctx, tx);
  const permission = (await ctx.roles.findPermission(id, tx)) ?? fail('NOT_FOUND');
  if (!mayChangePermission(change.actor, permission, change.roles, change.now))
    fail('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'You do not hold this permission, or a role above your own level does',
    });
  return { ...change, permission };
}

/** @throws AppError ALREADY_EXISTS */
async function requireFreeName(ctx: Ctx<'roles'>, name: string, tx: Tx): Promise<void> {
  if (await ctx.roles.findPermissionByName(name, tx))
    fail('ALREADY_EXISTS', { detail: `There is a permission ${name} already` });
}
