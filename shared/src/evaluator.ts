// The one function that decides what a holder of grants may do: pure, over grants, role table, clock and the pair asked for.
import { coversPair, formatPair, MANAGE, type Pair, parsePair } from './permissions.ts';

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

export interface RightsHolder<Held extends Grant = Grant> {
  readonly status: UserStatus;
  readonly grants: readonly Held[];
  /** Where the rights are narrowed, as an API key's are by its scopes: what they cover, and no more. Normal forms, `resource:ACTION`. */
  readonly only?: ReadonlySet<string>;
}

/** Role table keyed the way the grants name their roles. */
export interface RoleLookup<Role extends RoleRights = RoleRights> {
  get(role: string): Role | undefined;
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

/** What became of a grant whose role covers what is asked; of one that has ended, and whose role is off as well, that it has ended. */
export type GrantStanding = 'counts' | 'role_inactive' | 'grant_expired';

/** A grant whose role covers what is asked. */
export interface CoveringGrant<Role extends RoleRights = RoleRights, Held extends Grant = Grant> {
  readonly grant: Held;
  readonly role: Role;
  readonly standing: GrantStanding;
}

/** A decision, and all that it was made of. */
export interface Weighing<Role extends RoleRights = RoleRights, Held extends Grant = Grant> extends Decision {
  /** Every grant whose role covers what is asked, in the order they are held, also beyond the holder's bounds. */
  readonly covering: readonly CoveringGrant<Role, Held>[];
  /** What is asked lies outside of what the rights are narrowed to. */
  readonly isOutOfBounds: boolean;
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
  return holder && asked && !isWithin(holder, asked)
    ? refuse(holder, 'no_permission')
    : weigh(holder, roles, now, asked);
}

/**
 * The decision of `evaluate`, with every grant that speaks for a yes and what became of it.
 *
 * @param holder - as for `evaluate`; its grants come back as they are, with whatever else they carry
 * @param roles - the role table; its entries come back as they are
 * @example
 * const { covering } = explain(holder, roles, new Date(), { resource: 'tag', action: 'CREATE' });
 * covering.map(({ role, standing }) => `${role.name}: ${standing}`); // ['Editor: counts']
 */
export function explain<Role extends RoleRights, Held extends Grant>(
  holder: RightsHolder<Held> | null,
  roles: RoleLookup<Role>,
  now: Date,
  asked: Pair | null,
): Weighing<Role, Held> {
  const covering: CoveringGrant<Role, Held>[] = [];
  const decision = weigh(holder, roles, now, asked, (grant, role, standing) => {
    covering.push({ grant, role, standing });
  });
  const isOutOfBounds = holder !== null && asked !== null && !isWithin(holder, asked);
  return { ...(isOutOfBounds ? refuse(holder, 'no_permission') : decision), covering, isOutOfBounds };
}

/** Until when what counts now goes on to count if nothing changes; null: for good. */
export function findEnd(covering: readonly CoveringGrant[]): Date | null {
  let end = 0;
  for (const { grant, standing } of covering) {
    if (standing !== 'counts') continue;
    if (grant.expires_at === null) return null;
    end = Math.max(end, grant.expires_at.getTime());
  }
  return new Date(end);
}

/** The one walk over the grants. It ends at the first that counts, unless somebody takes note of each. */
function weigh<Role extends RoleRights, Held extends Grant>(
  holder: RightsHolder<Held> | null,
  roles: RoleLookup<Role>,
  now: Date,
  asked: Pair | null,
  note?: (grant: Held, role: Role, standing: GrantStanding) => void,
): Decision {
  if (!holder) return { allowed: false, reason: 'user_unknown' };
  if (!asked) return refuse(holder, 'no_permission');
  const exact = formatPair(asked);
  const manage = `${asked.resource}:${MANAGE}`;
  let counts = false;
  let reason: DecisionReason = 'no_permission';
  for (const grant of holder.grants) {
    const role = roles.get(grant.role);
    if (!role || !(role.pairs.has(exact) || role.pairs.has(manage))) continue;
    const standing = standingOf(grant, role, now);
    note?.(grant, role, standing);
    if (standing === 'counts') {
      counts = true;
      if (!note) break;
    } else if (standing === 'role_inactive' || reason === 'no_permission') reason = standing;
  }
  return counts && holder.status === 'active' ? { allowed: true, reason: 'granted' } : refuse(holder, reason);
}

function standingOf(grant: Grant, role: RoleRights, now: Date): GrantStanding {
  if (!isLive(grant, now)) return 'grant_expired';
  return role.status === 'active' ? 'counts' : 'role_inactive';
}

const refuse = ({ status }: RightsHolder, reason: DecisionReason): Decision => ({
  allowed: false,
  reason: status === 'active' ? reason : 'user_inactive',
});

const isWithin = ({ only }: RightsHolder, asked: Pair): boolean => only === undefined || coversPair(only, asked);

/** The roles that count for the holder now, each once. */
export function listEffectiveRoles(holder: RightsHolder, roles: RoleLookup, now: Date): RoleRights[] {
  if (holder.status !== 'active') return [];
  const effective = holder.grants.flatMap((grant) => {
    const role = roles.get(grant.role);
    return role && role.status === 'active' && isLive(grant, now) ? [role] : [];
  });
  return [...new Set(effective)];
}

/** The pairs that count for the holder now, sorted, each once. */
export function listEffectivePairs(holder: RightsHolder, roles: RoleLookup, now: Date): string[] {
  const pairs = new Set<string>();
  for (const role of listEffectiveRoles(holder, roles, now)) for (const pair of role.pairs) pairs.add(pair);
  return [...(holder.only ? intersectPairs(pairs, holder.only) : pairs)].sort();
}

/** Of either set what the other covers: of `tag:MANAGE` and `tag:CREATE` the latter. */
function intersectPairs(one: ReadonlySet<string>, other: ReadonlySet<string>): Set<string> {
  const within = (pairs: ReadonlySet<string>, all: ReadonlySet<string>) =>
    [...pairs].filter((pair) => coversPair(all, parsePair(pair) as Pair));
  return new Set([...within(one, other), ...within(other, one)]);
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
