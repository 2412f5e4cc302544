// Roles made, changed and removed; who holds one feels it at once.
import { isLive } from '@authcenter/shared/evaluator';
import type { Pair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { Permission, Role } from '@authcenter/shared/schemas';
import { holdsAll, mayReach, readActor } from '../acting.ts';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { callingPerson } from '../calling-user.ts';
import { refuse, refuseField } from '../refusal.ts';
import { grown, type RoleEntry, toRef } from '../roles.ts';
import type { World } from '../world.ts';

export const roleChangeAnswers = {
  'rbac.roles.create': (world, { permission_ids, ...fields }, call) => {
    const acting = act(world, call);
    acting.requireReach(fields.level);
    const permissions = readPermissions(world, permission_ids);
    acting.requireHeld(permissions);
    requireFreeName(world, fields.name);
    const now = world.clock.now();
    return save(world, {
      id: world.newId(),
      ...fields,
      status: 'active',
      is_builtin: false,
      permissions: permissions.map(toRef),
      version: 1,
      created_at: now,
      updated_at: now,
    });
  },

  'rbac.roles.update': (world, { id, version, ...given }, call) => {
    const { role, ...acting } = actOn(world, call, id);
    if (role.version !== version) refuse('VERSION_CONFLICT');
    const to: typeof given = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => value !== undefined && value !== Reflect.get(role, field)),
    );
    if (role.is_builtin && (to.name !== undefined || to.level !== undefined)) refuse('BUILTIN_PROTECTED');
    if (role.name === ADMIN_ROLE && to.status !== undefined) refuse('BUILTIN_PROTECTED');
    if (to.level !== undefined) acting.requireReach(to.level);
    if (to.status !== undefined) acting.requireHeld(role.permissions);
    if (to.name !== undefined) requireFreeName(world, to.name, id);
    if (Object.keys(to).length === 0) return role;
    const changed = save(world, grown(role, to as Partial<Role>, world.clock.now()));
    for (const user of world.users.values())
      user.grants = user.grants.map((grant) => (grant.role_id === id ? { ...grant, name: changed.name } : grant));
    return changed;
  },

  'rbac.roles.delete': (world, { id, reassign_to, force }, call) => {
    if (reassign_to === id) refuseField('reassign_to', 'must be another role');
    const { role, ...acting } = actOn(world, call, id);
    acting.requireHeld(role.permissions);
    if (role.is_builtin) refuse('BUILTIN_PROTECTED');
    const heir = reassign_to === undefined ? null : requireRole(world, reassign_to);
    if (heir) {
      acting.requireReach(heir.level);
      acting.requireHeld(heir.permissions);
    }
    const now = world.clock.now();
    const holders = [...world.users.values()].filter(({ grants }) =>
      grants.some((grant) => grant.role_id === id && isLive(grant, now)),
    );
    if (holders.length > 0 && !heir && !force) refuse('IN_USE');
    world.roles.remove(id);
    world.feed.note({ type: 'role', id, value: null });
    for (const user of holders) {
      const held = user.grants.find((grant) => grant.role_id === id);
      const known = user.grants.find((grant) => grant.role_id === heir?.id);
      const others = user.grants.filter((grant) => grant !== held && grant !== known);
      const longer = held && (!known || lastsLonger(held.expires_at, known.expires_at)) ? held : known;
      user.grants = heir && longer ? [...others, { ...longer, role_id: heir.id, name: heir.name }] : others;
    }
  },

  'rbac.roles.addPermissions': (world, { id, permission_ids }, call) => {
    const { role, ...acting } = actOn(world, call, id);
    const permissions = readPermissions(world, permission_ids);
    acting.requireHeld(permissions);
    if (role.name === ADMIN_ROLE) refuse('BUILTIN_PROTECTED');
    const added = permissions.filter((one) => !role.permissions.some(({ permission_id }) => permission_id === one.id));
    if (added.length === 0) return role;
    const held = [...role.permissions, ...added.map(toRef)];
    return save(world, grown(role, { permissions: held }, world.clock.now()));
  },

  'rbac.roles.removePermission': (world, { id, permission_id }, call) => {
    const { role, ...acting } = actOn(world, call, id);
    const removed = role.permissions.find((held) => held.permission_id === permission_id) ?? refuse('NOT_FOUND');
    acting.requireHeld([removed]);
    if (role.name === ADMIN_ROLE) refuse('BUILTIN_PROTECTED');
    const permissions = role.permissions.filter((held) => held !== removed);
    save(world, grown(role, { permissions }, world.clock.now()));
  },
} satisfies Answers;

/** Who acts, and what they must be able to do; the refusals name role:MANAGE, as those of the server. */
export function act(world: World, call: Call) {
  const actor = readActor(world, callingPerson(call), 'role:MANAGE');
  const require = (isRight: boolean) => isRight || refuse('PERMISSION_DENIED', { permission: 'role:MANAGE' });
  return {
    requireReach: (level: number) => void require(mayReach(world, actor, level)),
    requireHeld: (pairs: readonly Pair[]) => void require(holdsAll(world, actor, pairs)),
  };
}

function actOn(world: World, call: Call, id: string) {
  const acting = act(world, call);
  const role = (world.roles.table.byId.get(id) ?? refuse('NOT_FOUND')).role;
  acting.requireReach(role.level);
  return { ...acting, role };
}

const requireRole = ({ roles }: World, id: string): Role => (roles.table.byId.get(id) ?? refuse('NOT_FOUND')).role;

function readPermissions({ roles }: World, ids: readonly string[]): Permission[] {
  const permissions = roles.table.permissions.filter(({ id }) => ids.includes(id));
  return permissions.length < new Set(ids).size ? refuse('NOT_FOUND') : permissions;
}

function requireFreeName({ roles }: World, name: string, except?: string): void {
  const fold = (text: string) => text.normalize('NFKC').toLowerCase();
  for (const { role } of roles.table.byId.values())
    if (role.id !== except && fold(role.name) === fold(name)) refuse('ALREADY_EXISTS');
}

const save = (world: World, role: Role): Role => tell(world, world.roles.put(role));

/** Services that follow the feed learn of it. */
export function tell({ feed }: World, { role, rightsVersion }: RoleEntry): Role {
  feed.note({ type: 'role', id: role.id, value: { name: role.name, rights_version: rightsVersion } });
  return role;
}

const lastsLonger = (one: Date | null, other: Date | null): boolean =>
  other !== null && (one === null || one.getTime() > other.getTime());
