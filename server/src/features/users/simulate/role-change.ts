// The role table as it would be after a change of a role or a permission. What stands under several ids changes under each.
import { compileRole, type SimulateInput } from '@authcenter/shared';
import { fail } from '../../../errors.ts';
import type { NamedPair, RoleEntry, RoleTable } from '../../../platform/live/role-table.ts';

export type RoleChange = Extract<SimulateInput, { change: 'role.update' | 'role.delete' | 'permission.delete' }>;

export interface ChangedRoles {
  readonly after: ReadonlyMap<string, RoleEntry>;
  /** The ids whose holders may gain or lose something. */
  readonly touched: readonly string[];
}

/** @throws AppError NOT_FOUND for role or permission; VALIDATION_FAILED for a role in its own place */
export function changeRoles(table: RoleTable, input: RoleChange): ChangedRoles {
  if (input.change === 'permission.delete') {
    findPermission(table, input.permission_id);
    return replace(table, (role) =>
      role.permissions.some(({ permission_id }) => permission_id === input.permission_id)
        ? withPermissions(role, without(role, [input.permission_id]))
        : role,
    );
  }
  const role = findRole(table, input.role_id);
  if (input.change === 'role.update') return replace(table, (one) => (one === role ? update(table, role, input) : one));
  const heir = input.reassign_to === undefined ? null : findRole(table, input.reassign_to);
  if (heir === role) fail('VALIDATION_FAILED', { errors: [{ path: 'reassign_to', message: 'must be another role' }] });
  return replace(table, (one) => (one === role ? heir : one));
}

/** @throws AppError NOT_FOUND also for the id of a role that has been removed */
export function findRole({ byId }: RoleTable, id: string): RoleEntry {
  const role = byId.get(id);
  return role?.id === id ? role : fail('NOT_FOUND', { detail: 'There is no such role' });
}

/** Admin holds every permission, so the roles know them all. @throws AppError NOT_FOUND */
export function findPermission({ byName }: RoleTable, id: string): NamedPair {
  for (const { permissions } of byName.values()) {
    const found = permissions.find(({ permission_id }) => permission_id === id);
    if (found) return found;
  }
  return fail('NOT_FOUND', { detail: 'There is no such permission' });
}

function replace({ byId }: RoleTable, change: (role: RoleEntry) => RoleEntry | null): ChangedRoles {
  const after = new Map<string, RoleEntry>();
  const touched: string[] = [];
  for (const [id, role] of byId) {
    const changed = change(role);
    if (changed) after.set(id, changed);
    if (changed !== role) touched.push(id);
  }
  return { after, touched };
}

function update(table: RoleTable, role: RoleEntry, input: Extract<RoleChange, { change: 'role.update' }>): RoleEntry {
  const { status = role.status, level = role.level, add_permission_ids = [], remove_permission_ids = [] } = input;
  const kept = without(role, remove_permission_ids);
  const added = add_permission_ids
    .filter((id) => !kept.some(({ permission_id }) => permission_id === id))
    .map((id) => findPermission(table, id));
  return withPermissions({ ...role, status, level }, [...kept, ...added]);
}

const without = ({ permissions }: RoleEntry, ids: readonly string[]): NamedPair[] =>
  permissions.filter(({ permission_id }) => !ids.includes(permission_id));

const withPermissions = (role: RoleEntry, permissions: readonly NamedPair[]): RoleEntry => ({
  ...role,
  permissions,
  ...compileRole({ ...role, permissions }),
});
