// Permissions made, renamed, described and removed, with what roles name of them.
import { formatPair, normalizePair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { Permission } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { act, actOnPermission, checkDeletePermission } from '../rights/role-checks.ts';
import type { World } from '../world.ts';
import { tell } from './role-changes.ts';

export const permissionChangeAnswers = {
  'rbac.permissions.create': (world, { resource, action, ...fields }, call) => {
    act(world, call);
    const pair = normalizePair(resource, action);
    requireFreeName(world, fields.name);
    if (world.roles.table.permissions.some((one) => formatPair(one) === formatPair(pair))) refuse('ALREADY_EXISTS');
    const permission: Permission = {
      id: world.newId(),
      ...fields,
      ...pair,
      is_builtin: false,
      created_at: world.clock.now(),
    };
    world.roles.putPermission(permission);
    const admin = world.roles.table.byName.get(ADMIN_ROLE);
    if (admin) tell(world, admin);
    const { name, category } = permission;
    record(world, call, 'rbac.permission_created', permission.id, { name, ...pair, category });
    return permission;
  },

  'rbac.permissions.update': (world, { id, ...given }, call) => {
    const permission = actOnPermission(world, call, id);
    const to: Partial<Permission> = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => value !== undefined && value !== Reflect.get(permission, field)),
    );
    if (permission.is_builtin && (to.name !== undefined || to.category !== undefined)) refuse('BUILTIN_PROTECTED');
    if (Object.keys(to).length === 0) return permission;
    if (to.name !== undefined) requireFreeName(world, to.name);
    const changed = { ...permission, ...to };
    world.roles.putPermission(changed);
    const from = Object.fromEntries(Object.keys(to).map((field) => [field, Reflect.get(permission, field)]));
    record(world, call, 'rbac.permission_updated', id, { name: permission.name, from, to });
    return changed;
  },

  'rbac.permissions.delete': (world, { id }, call) => {
    const { name, resource, action } = checkDeletePermission(world, call, id);
    const changed = world.roles.removePermission(id);
    for (const entry of changed) tell(world, entry);
    const roles = changed.map((entry) => entry.name);
    record(world, call, 'rbac.permission_deleted', id, { name, resource, action, roles });
  },
} satisfies Answers;

function requireFreeName({ roles }: World, name: string): void {
  if (roles.table.permissions.some((one) => one.name === name)) refuse('ALREADY_EXISTS');
}

const record = (world: World, call: Call, act: string, id: string, details: Readonly<Record<string, unknown>>): void =>
  recordAct(world, call, { act, target: { kind: 'permission', id }, details });
