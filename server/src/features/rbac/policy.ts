// Sentences about a caller and the roles and permissions they would grant or change; no effects.
import {
  ADMIN_ROLE,
  coversPair,
  explain,
  findEnd,
  highestLevel,
  listEffectivePairs,
  type Pair,
  type RightsHolder,
} from '@authcenter/shared';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';

export const MANAGE_ROLES: Pair = { resource: 'role', action: 'MANAGE' };

/** Nobody gives, edits or removes a role above their own highest level. */
export const mayReach = (actor: RightsHolder, level: number, roles: RoleTable, now: Date): boolean =>
  level <= highestLevel(actor, roles.byId, now);

/** Nobody gives or takes a permission they do not hold. */
export function holdsAll(actor: RightsHolder, pairs: readonly Pair[], roles: RoleTable, now: Date): boolean {
  const held = new Set(listEffectivePairs(actor, roles.byId, now));
  return pairs.every((pair) => coversPair(held, pair));
}

/** Nobody grants or removes a role above their own highest level, nor one with a permission they do not hold. */
export const mayGrant = (
  granter: RightsHolder,
  role: Pick<RoleEntry, 'level' | 'permissions'>,
  roles: RoleTable,
  now: Date,
): boolean => mayReach(granter, role.level, roles, now) && holdsAll(granter, role.permissions, roles, now);

/** Whoever changes a permission changes every role that holds it: none may be above them but Admin, which always holds all. */
export const mayChangePermission = (actor: RightsHolder, pair: Pair, roles: RoleTable, now: Date): boolean =>
  holdsAll(actor, [pair], roles, now) &&
  [...roles.byName.values()]
    .filter(({ name, permissions }) => name !== ADMIN_ROLE && permissions.some((held) => isSame(held, pair)))
    .every(({ level }) => mayReach(actor, level, roles, now));

const isSame = (one: Pair, other: Pair): boolean => one.resource === other.resource && one.action === other.action;

/** Role names that cannot be told apart at a glance, or by a reader without regard to case, are one. */
export const isSameName = (one: string, other: string): boolean => foldName(one) === foldName(other);

const foldName = (name: string): string => name.normalize('NFKC').toLowerCase();

/** Until when the granter's own right to give the role lasts; null: for good. */
export const mayGrantUntil = (
  granter: RightsHolder,
  role: Pick<RoleEntry, 'permissions'>,
  roles: RoleTable,
  now: Date,
): Date | null =>
  [MANAGE_ROLES, ...role.permissions]
    .map((pair) => findEnd(explain(granter, roles.byId, now, pair).covering))
    .reduce((soonest, end) => (isLonger(soonest, end) ? end : soonest), null);

/** Whether a grant with the one end lasts beyond the other; null never ends. */
export const isLonger = (end: Date | null, than: Date | null): boolean =>
  than !== null && (end === null || end.getTime() > than.getTime());
