// Grants of roles that have been removed since: what they stand for until they are written anew.
import { isLive } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { RoleTable } from '../../platform/live/role-table.ts';
import type { GrantDocument } from '../users/document.ts';
import { isLonger } from './policy.ts';

/**
 * Grants as they count: one of a removed role is, while it lives, a grant of the role that stands in for it, and else none. Of
 * two that come to be of one role the longer stays: their holder has had it for as long all the while.
 */
export function currentGrants(grants: readonly GrantDocument[], roles: RoleTable, now: Date): GrantDocument[] {
  const byRole = new Map<string, GrantDocument>();
  for (const grant of grants) {
    const id = grant.role_id.toHexString();
    const role = roles.byId.get(id);
    if (!role || (role.id !== id && !isLive(grant, now))) continue;
    const current = role.id === id ? grant : { ...grant, role_id: new ObjectId(role.id), role_name: role.name };
    const known = byRole.get(role.id);
    if (!known || isLonger(current.expires_at, known.expires_at)) byRole.set(role.id, current);
  }
  return [...byRole.values()];
}
