// One user's rights as they would be after a change of a grant or of the status.
import type { RightsHolder, SimulateInput } from '@authcenter/shared';
import { fail } from '../../../errors.ts';
import type { RoleTable } from '../../../platform/live/role-table.ts';
import { findRole } from './role-change.ts';

export type UserChange = Exclude<SimulateInput, { change: 'role.update' | 'role.delete' | 'permission.delete' }>;

/** @throws AppError NOT_FOUND for the role; VALIDATION_FAILED for a date that has passed */
export function changeHolder(holder: RightsHolder, table: RoleTable, now: Date, input: UserChange): RightsHolder {
  if (input.change === 'user.status') return { ...holder, status: input.status };
  const role = findRole(table, input.role_id);
  const others = holder.grants.filter((grant) => table.byId.get(grant.role) !== role);
  if (input.change === 'grant.remove') return { ...holder, grants: others };
  const { expires_at = null } = input;
  if (expires_at && expires_at.getTime() <= now.getTime())
    fail('VALIDATION_FAILED', { errors: [{ path: 'expires_at', message: 'must lie in the future' }] });
  return { ...holder, grants: [...others, { role: role.id, expires_at }] };
}
