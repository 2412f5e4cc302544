// Sentences about a caller and the users and roles they would change; no effects.
import { coversPair, highestLevel, listEffectivePairs, type RightsHolder } from '@authcenter/shared';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';

/** Nobody grants or removes a role above their own highest level, nor one with a permission they do not hold. */
export function mayGrant(granter: RightsHolder, role: RoleEntry, roles: RoleTable, now: Date): boolean {
  const held = new Set(listEffectivePairs(granter, roles.byId, now));
  return (
    role.level <= highestLevel(granter, roles.byId, now) &&
    role.permissions.every((permission) => coversPair(held, permission))
  );
}

/** Nobody edits a user whose highest level is above their own. Levels count whatever the user's status: an inactive administrator stays one. */
export const mayEdit = (editor: RightsHolder, user: RightsHolder, roles: RoleTable, now: Date): boolean =>
  highestLevel({ ...user, status: 'active' }, roles.byId, now) <= highestLevel(editor, roles.byId, now);
