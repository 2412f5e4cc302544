// rbac.roles: roles are listed, read, made and changed.
import {
  ADMIN_ROLE,
  type CreateRoleInput,
  type ListRolesInput,
  type Role,
  type UpdateRoleInput,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { transactOnce } from '../../../platform/idempotency.ts';
import type { RoleTable } from '../../../platform/live/role-table.ts';
import { beginChange, beginRoleChange, type ChangeCtx, inForce, requireHeld, requireReach } from '../change.ts';
import { isSameName } from '../policy.ts';
import { type PermissionDocument, type RoleDocument, toPermissionRef } from '../repository.ts';
import { toRole } from '../wire.ts';

export async function listRoles(ctx: Ctx<'roles'>, { limit, cursor, with_total: withTotal }: ListRolesInput) {
  return toPage(await ctx.roles.listRoles({ limit, cursor, withTotal }), toRole);
}

export async function getRole(ctx: Ctx<'roles'>, { id }: { id: string }): Promise<Role> {
  return toRole((await ctx.roles.findRole(id)) ?? fail('NOT_FOUND'));
}

/** @throws AppError PERMISSION_DENIED by the level rule; ALREADY_EXISTS for the name; NOT_FOUND for a permission */
export function createRole(ctx: ChangeCtx, input: CreateRoleInput): Promise<Role> {
  const { permission_ids: permissionIds, ...fields } = input;
  const creating = transactOnce(ctx, 'rbac.roles.create', input, async (tx) => {
    const change = await beginChange(ctx, tx);
    requireReach(change, fields.level);
    const permissions = await readPermissions(ctx, permissionIds, tx);
    requireHeld(change, permissions);
    requireFreeName(change.roles, fields.name);
    const { now, counter } = change;
    const role: RoleDocument = {
      _id: new ObjectId(),
      ...fields,
      status: 'active',
      is_builtin: false,
      permissions: permissions.map(toPermissionRef),
      version: 1,
      rights_version: counter,
      named_at: counter,
      created_at: now,
      updated_at: now,
    };
    await ctx.roles.insertRole(role, tx);
    const { name, level } = fields;
    await recordAct(ctx, tx, {
      act: 'rbac.role_created',
      target: { kind: 'role', id: role._id.toHexString() },
      details: { name, level, permissions: permissions.map((permission) => permission.name) },
    });
    return toRole(role);
  });
  return inForce(ctx, creating);
}

/** @throws AppError NOT_FOUND; VERSION_CONFLICT; PERMISSION_DENIED by the level rule; BUILTIN_PROTECTED; ALREADY_EXISTS for the name */
export async function updateRole(
  ctx: ChangeCtx & Ctx<'queueCopy'>,
  { id, version, ...given }: UpdateRoleInput,
): Promise<Role> {
  const updating = ctx.transact(async (tx) => {
    const change = await beginRoleChange(ctx, tx, id);
    const { role, counter, now } = change;
    if (role.version !== version) fail('VERSION_CONFLICT');
    const to = whatDiffers(role, given);
    requireChangeable(role, to);
    if (to.level !== undefined) requireReach(change, to.level);
    // Switched on or off it gives or takes all that it holds.
    if (to.status !== undefined) requireHeld(change, role.permissions);
    if (to.name !== undefined) {
      requireFreeName(change.roles, to.name, id);
      requireUnnamed(ctx, role.name);
    }
    if (Object.keys(to).length === 0) return role;
    const marks = {
      ...(to.name === undefined && to.status === undefined ? {} : { rights_version: counter }),
      ...(to.name === undefined ? {} : { named_at: counter }),
      updated_at: now,
    };
    const updated = (await ctx.roles.updateRole(id, { ...to, ...marks }, tx)) ?? fail('NOT_FOUND');
    if (to.name !== undefined) await ctx.queueCopy(tx, { copy: 'role_name', source: id });
    const from = Object.fromEntries(Object.keys(to).map((field) => [field, Reflect.get(role, field)]));
    await recordAct(ctx, tx, {
      act: 'rbac.role_updated',
      target: { kind: 'role', id },
      details: { name: role.name, from, to },
    });
    return updated;
  });
  return toRole(await inForce(ctx, updating));
}

/** Under another name the rule would say nothing of it. @throws AppError IN_USE */
function requireUnnamed({ config }: ChangeCtx, name: string): void {
  const rules = {
    'rbac.four_eyes': config.rbac.four_eyes,
    'security.mfa_required_roles': config.security.mfa_required_roles,
  };
  for (const [rule, names] of Object.entries(rules))
    if (names.includes(name)) fail('IN_USE', { detail: `${rule} names this role: change it there first` });
}

type RoleFields = Omit<UpdateRoleInput, 'id' | 'version'>;

const whatDiffers = (role: RoleDocument, given: RoleFields) =>
  Object.fromEntries(
    Object.entries(given).filter(([field, value]) => value !== undefined && value !== Reflect.get(role, field)),
  ) as { [Field in keyof RoleFields]?: Exclude<RoleFields[Field], undefined> };

/** @throws AppError BUILTIN_PROTECTED */
function requireChangeable(role: RoleDocument, to: RoleFields): void {
  if (role.is_builtin && (to.name !== undefined || to.level !== undefined))
    fail('BUILTIN_PROTECTED', { detail: 'A builtin role keeps its name and its level' });
  if (role.name === ADMIN_ROLE && to.status !== undefined)
    fail('BUILTIN_PROTECTED', { detail: 'The role Admin is always active' });
}

/** @throws AppError ALREADY_EXISTS */
function requireFreeName(roles: RoleTable, name: string, except?: string): void {
  for (const role of roles.byName.values())
    if (role.id !== except && isSameName(role.name, name))
      fail('ALREADY_EXISTS', { detail: `There is a role ${role.name} already` });
}

/** @throws AppError NOT_FOUND */
export async function readPermissions(
  ctx: Ctx<'roles'>,
  ids: readonly string[],
  tx: Tx,
): Promise<PermissionDocument[]> {
  const permissions = await ctx.roles.findPermissions(ids, tx);
  if (permissions.length < new Set(ids).size) fail('NOT_FOUND', { detail: 'There is no such permission' });
  return permissions;
}
