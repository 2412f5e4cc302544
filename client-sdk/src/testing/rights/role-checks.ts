// Whether somebody may change a role or a permission: asked alike by the acts and by their simulation.
import type { Pair } from '@authcenter/shared/permissions';
import { formatPair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { Permission, Role } from '@authcenter/shared/schemas';
import type { Call } from '../call.ts';
import { holdsAll, mayReach, readActor, requireOwnTime } from '../people/acting.ts';
import { callingPerson } from '../people/calling-user.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { takesTwo } from './four-eyes.ts';

/** Who acts, and what they must be able to do; the refusals name role:MANAGE, as those of the server. */
export function act(world: World, call: Call) {
  const actor = readActor(world, callingPerson(call), 'role:MANAGE');
  const require = (isRight: boolean) => isRight || refuse('PERMISSION_DENIED', { permission: 'role:MANAGE' });
  return {
    actor,
    requireReach: (level: number) => void require(mayReach(world, actor, level)),
    requireHeld: (pairs: readonly Pair[]) => void require(holdsAll(world, actor, pairs)),
  };
}

export type ActingOn = ReturnType<typeof actOn>;

export function actOn(world: World, call: Call, id: string) {
  const acting = act(world, call);
  const role = requireRole(world, id);
  acting.requireReach(role.level);
  return { ...acting, role };
}

export const requireRole = ({ roles }: World, id: string): Role =>
  (roles.table.byId.get(id) ?? refuse('NOT_FOUND', { detail: 'There is no such role' })).role;

export function readPermissions({ roles }: World, ids: readonly string[]): Permission[] {
  const permissions = roles.table.permissions.filter(({ id }) => ids.includes(id));
  return permissions.length < new Set(ids).size
    ? refuse('NOT_FOUND', { detail: 'There is no such permission' })
    : permissions;
}

/** @param to - what is to be other than it is */
export function checkUpdate(
  { role, requireReach, requireHeld }: ActingOn,
  to: { readonly name?: string | undefined; readonly level?: number | undefined; readonly status?: string | undefined },
): void {
  if (role.is_builtin && (to.name !== undefined || to.level !== undefined))
    refuse('BUILTIN_PROTECTED', { detail: 'A builtin role keeps its name and its level' });
  if (role.name === ADMIN_ROLE && to.status !== undefined)
    refuse('BUILTIN_PROTECTED', { detail: 'The role Admin is always active' });
  if (to.level !== undefined) requireReach(to.level);
  // Switched on or off it gives or takes all that it holds.
  if (to.status !== undefined) requireHeld(role.permissions);
}

export function checkAddPermissions(world: World, acting: ActingOn, ids: readonly string[]): Permission[] {
  const permissions = readPermissions(world, ids);
  acting.requireHeld(permissions);
  requireNotAdmin(acting.role);
  return permissions;
}

export function checkRemovePermission({ role, requireHeld }: ActingOn, id: string): Role['permissions'][number] {
  const removed =
    role.permissions.find(({ permission_id }) => permission_id === id) ??
    refuse('NOT_FOUND', { detail: 'The role does not hold this permission' });
  requireHeld([removed]);
  requireNotAdmin(role);
  return removed;
}

function requireNotAdmin({ name }: Role): void {
  if (name === ADMIN_ROLE) refuse('BUILTIN_PROTECTED', { detail: 'The role Admin always holds every permission' });
}

/** Holders get the heir without anybody's asking for it. */
export function checkDelete(world: World, call: Call, id: string, reassignTo: string | undefined) {
  const { role, actor, requireReach, requireHeld } = actOn(world, call, id);
  requireHeld(role.permissions);
  if (role.is_builtin) refuse('BUILTIN_PROTECTED', { detail: 'A builtin role cannot be deleted' });
  if (reassignTo === undefined) return { role, heir: null };
  const heir = requireRole(world, reassignTo);
  requireReach(heir.level);
  requireHeld(heir.permissions);
  requireOwnTime(world, actor, { role: heir }, null);
  if (takesTwo(world, heir.name))
    refuse('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'That role takes two people: let it be asked for, and approve the requests',
    });
  return { role, heir };
}

/** Whoever changes a permission holds it, and none of the roles that do is above them but Admin. */
export function actOnPermission(world: World, call: Call, id: string): Permission {
  const { requireReach, requireHeld } = act(world, call);
  const permission = world.roles.table.permissions.find((one) => one.id === id) ?? refuse('NOT_FOUND');
  requireHeld([permission]);
  for (const { name, level, pairs } of world.roles.table.byId.values())
    if (name !== ADMIN_ROLE && pairs.has(formatPair(permission))) requireReach(level);
  return permission;
}

export function checkDeletePermission(world: World, call: Call, id: string): Permission {
  const permission = actOnPermission(world, call, id);
  return permission.is_builtin
    ? refuse('BUILTIN_PROTECTED', { detail: 'A builtin permission cannot be deleted' })
    : permission;
}
