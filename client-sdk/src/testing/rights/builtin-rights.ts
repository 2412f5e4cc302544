// What the builtin roles allow, for tokens that name roles and nothing else.
import { BUILTIN_PERMISSIONS, formatPair } from '@authcenter/shared/permissions';
import { BUILTIN_ROLES } from '@authcenter/shared/roles';

/** Pairs `resource:ACTION` of the builtin roles among these, sorted, each once. */
export function listBuiltinPairs(roles: readonly string[]): string[] {
  const names = new Set(BUILTIN_ROLES.filter(({ name }) => roles.includes(name)).flatMap((role) => role.permissions));
  return BUILTIN_PERMISSIONS.filter(({ name }) => names.has(name))
    .map(formatPair)
    .sort();
}
