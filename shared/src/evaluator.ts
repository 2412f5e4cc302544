// The one function that decides what a holder of grants may do: pure, over grants, role table, clock and the pair asked for.
import { coversPair, formatPair, type Pair } from './permissions.ts';

export type UserStatus = 'active' | 'inactive' | 'locked';
export type RoleStatus = 'active' | 'inactive';

/** One entry of the role table, ready for look-ups. */
export interface RoleRights {
  readonly name: string;
  readonly level: number;
  readonly status: RoleStatus;
  /** Normal forms, `resource:ACTION`. */
  readonly pairs: ReadonlySet<string>;
}

/** A grant as stored (`role` an id) or as a token carries it (`role` a name, `expires_at` null: the token's own `exp` ends it). */
export interface Grant {
  readonly role: string;
  readonly expires_at: Date | null;
}

export interface RightsHolder {
  readonly status: UserStatus;
  readonly grants: readonly Grant[];
}

/** Role table keyed the way the grants name their roles. */
export interface RoleLookup {
  get(role: string): RoleRights | undefined;
}

export type DecisionReason =
  | 'granted'
  | 'no_permission'
  | 'grant_expired'
  | 'role_inactive'
  | 'user_inactive'
  | 'user_unknown';

export interface Decision {
  readonly allowed: boolean;
  readonly reason: DecisionReason;
}

/** A grant counts until, and not at, the instant it expires. */
export const isLive = (grant: Pick<Grant, 'expires_at'>, now: Date): boolean =>
  grant.expires_at === null || grant.expires_at.getTime() > now.getTime();

/**
 * Decides whether the holder may do what is asked, and why. Only live grants of active roles count, and only for active users.
 * Where several reasons refuse, the one nearest to a yes is told: a role that is off before a grant that ran out.
 *
 * @param holder - null for a user that does not exist
 * @param roles - the role table
 * @param now - the server's clock
 * @param asked - normal form, see `normalizePair`; null for a permission's name that nobody knows: refused, never an error
 * @example
 * const roles = new Map([['Editor', { name: 'Editor', level: 3, status: 'active', pairs: new Set(['tag:MANAGE']) } as const]]);
 * const holder = { status: 'active', grants: [{ role: 'Editor', expires_at: null }] } as const;
 * evaluate(holder, roles, new Date(), { resource: 'tag', action: 'CREATE' }); // { allowed: true, reason: 'granted' }
 */
export function evaluate(holder: RightsHolder | null, roles: RoleLookup, now: Date, asked: Pair | null): Decision {
  if (!holder) return { allowed: false, reason: 'user_unknown' };
  let reason: DecisionReason = 'no_permission';
  if (asked) {
    for (const grant of holder.grants) {
      const role = roles.get(grant.role);
      if (!role || !coversPair(role.pairs, asked)) continue;
      if (role.status === 'active' && isLive(grant, now)) {
        return holder.status === 'active'
          ? { allowed: true, reason: 'granted' }
          : { allowed: false, reason: 'user_inactive' };
      }
      if (isLive(grant, now)) reason = 'role_inactive';
      else if (reason === 'no_permission') reason = 'grant_expired';
    }
  }
  return { allowed: false, reason: holder.status === 'active' ? reason : 'user_inactive' };
}

/** The roles that count for the holder now. */
export function listEffectiveRoles(holder: RightsHolder, roles: RoleLookup, now: Date): RoleRights[] {
  if (holder.status !== 'active') return [];
  return holder.grants.flatMap((grant) => {
    const role = roles.get(grant.role);
    return role && role.status === 'active' && isLive(grant, now) ? [role] : [];
  });
}

/** The pairs that count for the holder now, sorted, each once. */
export function listEffectivePairs(holder: RightsHolder, roles: RoleLookup, now: Date): string[] {
  const pairs = new Set<string>();
  for (const role of listEffectiveRoles(holder, roles, now)) for (const pair of role.pairs) pairs.add(pair);
  return [...pairs].sort();
}

/** The highest level among the roles that count for the holder now; −1 without any, so that even a role of level 0 is above. */
export const highestLevel = (holder: RightsHolder, roles: RoleLookup, now: Date): number =>
  listEffectiveRoles(holder, roles, now).reduce((highest, role) => Math.max(highest, role.level), -1);

/** Builds an entry of the role table from a role's permissions. */
export function compileRole(role: {
  name: string;
  level: number;
  status: RoleStatus;
  permissions: readonly Pair[];
}): RoleRights {
  return { name: role.name, level: role.level, status: role.status, pairs: new Set(role.permissions.map(formatPair)) };
}
