// Permissions made, renamed, described and removed, with what roles name of them.
import { formatPair, normalizePair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { Permission } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { act, tell } from './role-changes.ts';

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
    return permission;
  },

  'rbac.permissions.update': (world, { id, ...given }, call) => {
    const permission = actOn(world, call, id);
    const to: Partial<Permission> = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => value !== undefined && value !== Reflect.get(permission, field)),
    );
    if (permission.is_builtin && (to.name !== undefined || to.category !== undefined)) refuse('BUILTIN_PROTECTED');
    if (to.name !== undefined) requireFreeName(world, to.name);
    const changed = { ...permission, ...to };
    world.roles.putPermission(changed);
    return changed;
  },

  'rbac.permissions.delete': (world, { id }, call) => {
    if (actOn(world, call, id).is_builtin) refuse('BUILTIN_PROTECTED');
    for (const entry of world.roles.removePermission(id)) tell(world, entry);
  },
} satisfies Answers;

/** Whoever changes a permission holds it, and none of the roles that do is above them but Admin. */
function actOn(world: World, call: Call, id: string): Permission {
  const { requireReach, requireHeld } = act(world, call);
  const permission = world.roles.table.permissions.find((one) => one.id === id) ?? refuse('NOT_FOUND');
  requireHeld([permission]);
  for (const { name, level, pairs } of world.roles.table.byId.values())
    if (name !== ADMIN_ROLE && pairs.has(formatPair(permission))) requireReach(level);
  return permission;
}

function requireFreeName({ roles }: World, name: string): void {
  if (roles.table.permissions.some((one) => one.name === name)) refuse('ALREADY_EXISTS');
}
