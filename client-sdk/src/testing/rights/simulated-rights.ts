// Everybody's rights as they are, held against those that they would have after a change.
import { compileRole, evaluate, type RightsHolder } from '@authcenter/shared/evaluator';
import { parsePair } from '@authcenter/shared/permissions';
import type { Role, SimulateInput } from '@authcenter/shared/schemas';
import { toHolder, type UserRecord } from '../people/users.ts';
import { refuse, refuseField } from '../refusal.ts';
import type { World } from '../world.ts';
import { readPermissions, requireRole } from './role-checks.ts';
import { type RoleEntry, toRef } from './roles.ts';

type UserChange = Extract<SimulateInput, { user_id: string }>;
type RoleChange = Exclude<SimulateInput, { user_id: string }>;

export interface Difference {
  readonly user: UserRecord;
  /** Normal forms, `resource:ACTION`, of permissions that there are; sorted. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** @throws Refusal NOT_FOUND for user, role or permission; VALIDATION_FAILED for what no act would take */
export function imagine(world: World, input: SimulateInput): Difference[] {
  const { byId } = world.roles.table;
  const pairs = [...new Set([...byId.values()].flatMap(({ pairs }) => [...pairs]))].sort();
  const now = world.clock.now();
  const compare = (user: UserRecord, after: RightsHolder, roles: ReadonlyMap<string, RoleEntry>): Difference => {
    const may = pairs.map((pair) => {
      const asked = parsePair(pair);
      return [evaluate(toHolder(user), byId, now, asked).allowed, evaluate(after, roles, now, asked).allowed] as const;
    });
    return {
      user,
      gained: pairs.filter((_, index) => !may[index]?.[0] && may[index]?.[1]),
      lost: pairs.filter((_, index) => may[index]?.[0] && !may[index]?.[1]),
    };
  };
  if ('user_id' in input) {
    const user = world.users.get(input.user_id) ?? refuse('NOT_FOUND');
    return [compare(user, changeHolder(world, toHolder(user), input), byId)];
  }
  const after = changeRoles(world, input);
  return [...world.users.values()].map((user) => compare(user, toHolder(user), after));
}

function changeHolder(world: World, holder: RightsHolder, input: UserChange): RightsHolder {
  if (input.change === 'user.status') return { ...holder, status: input.status };
  const { id } = requireRole(world, input.role_id);
  const others = holder.grants.filter(({ role }) => role !== id);
  if (input.change === 'grant.remove') return { ...holder, grants: others };
  const { expires_at = null } = input;
  if (expires_at && expires_at <= world.clock.now()) refuseField('expires_at', 'must lie in the future');
  return { ...holder, grants: [...others, { role: id, expires_at }] };
}

function changeRoles(world: World, input: RoleChange): ReadonlyMap<string, RoleEntry> {
  const after = new Map(world.roles.table.byId);
  const put = (role: Role) => {
    const entry = after.get(role.id);
    if (entry) after.set(role.id, { ...entry, ...compileRole(role), role });
  };
  if (input.change === 'permission.delete') {
    readPermissions(world, [input.permission_id]);
    for (const { role } of world.roles.table.byId.values()) put(without(role, [input.permission_id]));
    return after;
  }
  const role = requireRole(world, input.role_id);
  if (input.change === 'role.update') {
    const { status = role.status, level = role.level, add_permission_ids = [], remove_permission_ids = [] } = input;
    const kept = without(role, remove_permission_ids).permissions;
    const added = readPermissions(
      world,
      add_permission_ids.filter((id) => !kept.some(({ permission_id }) => permission_id === id)),
    );
    put({ ...role, status, level, permissions: [...kept, ...added.map(toRef)] });
    return after;
  }
  const heir = input.reassign_to === undefined ? null : requireRole(world, input.reassign_to);
  if (heir === role) refuseField('reassign_to', 'must be another role');
  after.delete(role.id);
  const entry = heir && after.get(heir.id);
  // Its grants are grants of the other from then on.
  if (entry) after.set(role.id, entry);
  return after;
}

const without = (role: Role, ids: readonly string[]): Role => ({
  ...role,
  permissions: role.permissions.filter(({ permission_id }) => !ids.includes(permission_id)),
});
