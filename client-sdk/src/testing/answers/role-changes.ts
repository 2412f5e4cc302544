// Roles made, changed and removed; who holds one feels it at once.
import { isLive } from '@authcenter/shared/evaluator';
import type { Role } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { isLonger } from '../people/acting.ts';
import { recordAct } from '../record/acts.ts';
import { refuse, refuseField } from '../refusal.ts';
import {
  act,
  actOn,
  checkAddPermissions,
  checkDelete,
  checkRemovePermission,
  checkUpdate,
  readPermissions,
} from '../rights/role-checks.ts';
import { grown, type RoleEntry, toRef } from '../rights/roles.ts';
import type { World } from '../world.ts';

export const roleChangeAnswers = {
  'rbac.roles.create': (world, { permission_ids, ...fields }, call) => {
    const acting = act(world, call);
    acting.requireReach(fields.level);
    const permissions = readPermissions(world, permission_ids);
    acting.requireHeld(permissions);
    requireFreeName(world, fields.name);
    const now = world.clock.now();
    const role = save(world, {
      id: world.newId(),
      ...fields,
      status: 'active',
      is_builtin: false,
      permissions: permissions.map(toRef),
      version: 1,
      created_at: now,
      updated_at: now,
    });
    record(world, call, 'rbac.role_created', role.id, describe(role));
    return role;
  },

  'rbac.roles.update': (world, { id, version, ...given }, call) => {
    const acting = actOn(world, call, id);
    const { role } = acting;
    if (role.version !== version) refuse('VERSION_CONFLICT');
    const to: typeof given = Object.fromEntries(
      Object.entries(given).filter(([field, value]) => value !== undefined && value !== Reflect.get(role, field)),
    );
    checkUpdate(acting, to);
    if (to.name !== undefined) {
      requireFreeName(world, to.name, id);
      requireUnnamed(world, role.name);
    }
    if (Object.keys(to).length === 0) return role;
    const changed = save(world, grown(role, to as Partial<Role>, world.clock.now()));
    for (const user of world.users.values())
      user.grants = user.grants.map((grant) => (grant.role_id === id ? { ...grant, name: changed.name } : grant));
    const from = Object.fromEntries(Object.keys(to).map((field) => [field, Reflect.get(role, field)]));
    record(world, call, 'rbac.role_updated', id, { name: role.name, from, to });
    return changed;
  },

  'rbac.roles.delete': (world, { id, reassign_to, force }, call) => {
    if (reassign_to === id) refuseField('reassign_to', 'must be another role');
    const { role, heir } = checkDelete(world, call, id, reassign_to);
    const now = world.clock.now();
    const holders = [...world.users.values()].filter(({ grants }) =>
      grants.some((grant) => grant.role_id === id && isLive(grant, now)),
    );
    if (holders.length > 0 && !heir && !force) refuse('IN_USE');
    world.roles.remove(id);
    world.features.delete(id);
    world.feed.note({ type: 'role', id, value: null });
    for (const user of holders) {
      const held = user.grants.find((grant) => grant.role_id === id);
      const known = user.grants.find((grant) => grant.role_id === heir?.id);
      const others = user.grants.filter((grant) => grant !== held && grant !== known);
      const longer = held && (!known || isLonger(held.expires_at, known.expires_at)) ? held : known;
      user.grants = heir && longer ? [...others, { ...longer, role_id: heir.id, name: heir.name }] : others;
    }
    const details = { ...describe(role), was_held: holders.length > 0, reassigned_to: heir?.name ?? null };
    record(world, call, 'rbac.role_deleted', id, details);
  },

  'rbac.roles.addPermissions': (world, { id, permission_ids }, call) => {
    const acting = actOn(world, call, id);
    const { role } = acting;
    const permissions = checkAddPermissions(world, acting, permission_ids);
    const added = permissions.filter((one) => !role.permissions.some(({ permission_id }) => permission_id === one.id));
    if (added.length === 0) return role;
    const held = [...role.permissions, ...added.map(toRef)];
    const names = added.map(({ name }) => name);
    record(world, call, 'rbac.role_permissions_added', id, { name: role.name, permissions: names });
    return save(world, grown(role, { permissions: held }, world.clock.now()));
  },

  'rbac.roles.removePermission': (world, { id, permission_id }, call) => {
    const acting = actOn(world, call, id);
    const { role } = acting;
    const removed = checkRemovePermission(acting, permission_id);
    const permissions = role.permissions.filter((held) => held !== removed);
    save(world, grown(role, { permissions }, world.clock.now()));
    record(world, call, 'rbac.role_permission_removed', id, { name: role.name, permission: removed.name });
  },
} satisfies Answers;

function requireFreeName({ roles }: World, name: string, except?: string): void {
  const fold = (text: string) => text.normalize('NFKC').toLowerCase();
  for (const { role } of roles.table.byId.values())
    if (role.id !== except && fold(role.name) === fold(name)) refuse('ALREADY_EXISTS');
}

/** Under another name the rule would say nothing of it. */
function requireUnnamed({ options, settings }: World, name: string): void {
  const rules = {
    'rbac.four_eyes': options.fourEyes ?? [],
    'security.mfa_required_roles': settings.get('security.mfa_required_roles'),
  };
  for (const [rule, names] of Object.entries(rules))
    if (names.includes(name)) refuse('IN_USE', { detail: `${rule} names this role: change it there first` });
}

const save = (world: World, role: Role): Role => tell(world, world.roles.put(role));

/** Services that follow the feed learn of it. */
export function tell({ feed }: World, { role, rightsVersion }: RoleEntry): Role {
  feed.note({ type: 'role', id: role.id, value: { name: role.name, rights_version: rightsVersion } });
  return role;
}

const describe = ({ name, level, permissions }: Role) => ({
  name,
  level,
  permissions: permissions.map((permission) => permission.name),
});

const record = (world: World, call: Call, act: string, id: string, details: Readonly<Record<string, unknown>>): void =>
  recordAct(world, call, { act, target: { kind: 'role', id }, details });
