// The fake's people: how they are kept, found, and shown.
import { isLive, listEffectivePairs, listEffectiveRoles, type RightsHolder } from '@authcenter/shared/evaluator';
import { DEFAULT_ROLE } from '@authcenter/shared/roles';
import type { SessionUser, User, UserMetadata } from '@authcenter/shared/schemas';
import { type Factors, NO_FACTORS } from '../factors/factors.ts';
import type { FakeUserSeed } from '../options.ts';
import { refuse } from '../refusal.ts';
import type { RoleEntry, RoleTable } from '../rights/roles.ts';
import type { World } from '../world.ts';
import { type IdentityRecord, linkExpected } from './identities.ts';
import { normalizePhone } from './phone.ts';

export interface GrantRecord {
  readonly role_id: string;
  readonly name: string;
  readonly granted_by: string | null;
  readonly granted_at: Date;
  readonly expires_at: Date | null;
}

export interface UserRecord {
  readonly id: string;
  username: string;
  email: string | null;
  phone: string | null;
  email_verified: boolean;
  phone_verified: boolean;
  /** Something of it was proven once, or an administrator made it: it is somebody's. */
  isProven: boolean;
  password: string | null;
  password_changed_at: Date | null;
  /** Earlier ones, newest first, as far as the profile `mlps` keeps them. */
  passwordHistory: readonly string[];
  mustChangePassword: boolean;
  /** Beside passkeys. */
  factors: Factors;
  status: User['status'];
  grants: readonly GrantRecord[];
  profile: User['profile'];
  identities: readonly IdentityRecord[];
  /** What applications keep with them, by their ids. */
  readonly metadata: Map<string, UserMetadata['metadata']>;
  /** When an account that is left goes, unless its owner signs in before. */
  deletion_due_at: Date | null;
  last_login_at: Date | null;
  login_count: number;
  epoch: number;
  readonly created_at: Date;
  updated_at: Date;
}

type NewUser = Pick<UserRecord, 'username'> &
  Partial<Pick<UserRecord, 'email' | 'phone' | 'email_verified' | 'password'>> & { readonly name?: string | null };

export function addUser(world: World, user: NewUser): UserRecord {
  const { users, newId, clock, roles } = world;
  const now = clock.now();
  const grants = [newGrant(requireRole(roles.table, DEFAULT_ROLE), null, now, null)];
  const { email_verified = false, password = null } = user;
  const record: UserRecord = {
    id: newId(),
    username: user.username,
    email: user.email ?? null,
    phone: user.phone ?? null,
    email_verified,
    phone_verified: user.phone !== undefined,
    isProven: email_verified || user.phone !== undefined,
    password,
    password_changed_at: password === null ? null : now,
    passwordHistory: [],
    mustChangePassword: false,
    factors: NO_FACTORS,
    status: 'active',
    grants,
    profile: { name: user.name ?? null, avatar: null, department: null, position: null },
    identities: [],
    metadata: new Map(),
    deletion_due_at: null,
    last_login_at: null,
    login_count: 0,
    epoch: 0,
    created_at: now,
    updated_at: now,
  };
  users.set(record.id, record);
  linkExpected(world, record);
  return record;
}

/** @throws Error for a role that there is not, and for a name that is taken */
export function seedUser(world: World, seed: FakeUserSeed): UserRecord {
  const { username, email = `${username}@example.com`, emailVerified = true, roles = [DEFAULT_ROLE] } = seed;
  if (findUser(world, { username })) throw new Error(`There are two users ${username}`);
  const user = addUser(world, {
    username,
    email,
    email_verified: email !== null && emailVerified,
    ...(seed.phone === undefined ? {} : { phone: normalizePhone(seed.phone) }),
    password: seed.password ?? null,
    name: seed.name ?? null,
  });
  user.status = seed.status ?? 'active';
  if (seed.totp !== undefined) user.factors = { ...NO_FACTORS, app: { code: seed.totp } };
  user.mustChangePassword = seed.mustChangePassword ?? false;
  user.grants = roles.map((role) => {
    const { name, expiresAt = null } = typeof role === 'string' ? { name: role } : role;
    return newGrant(requireRole(world.roles.table, name), null, world.clock.now(), expiresAt);
  });
  return user;
}

function requireRole(table: RoleTable, name: string): RoleEntry {
  const role = table.byName.get(name);
  if (!role) throw new Error(`There is no role ${name}: name it in roles`);
  return role;
}

export const newGrant = (
  { role }: RoleEntry,
  grantedBy: string | null,
  now: Date,
  expiresAt: Date | null,
): GrantRecord => ({
  role_id: role.id,
  name: role.name,
  granted_by: grantedBy,
  granted_at: now,
  // As the server keeps it, in whole seconds.
  expires_at: expiresAt && new Date(Math.floor(expiresAt.getTime() / 1000) * 1000),
});

export function findUser({ users }: World, name: Partial<Pick<UserRecord, 'username' | 'email' | 'phone'>>) {
  const [[field, value] = []] = Object.entries(name) as ['username' | 'email' | 'phone', string][];
  if (field === undefined) return undefined;
  return [...users.values()].find((user) => user[field] !== null && user[field] === value);
}

/** Was given the account and has never been in it: an invitation is still good. */
export const isExpected = ({ status, password, last_login_at, deletion_due_at }: UserRecord): boolean =>
  status === 'active' && password === null && last_login_at === null && deletion_due_at === null;

/** Grants by role id, to be evaluated against `table.byId`. */
export const toHolder = ({ status, grants }: Pick<UserRecord, 'status' | 'grants'>): RightsHolder => ({
  status,
  grants: grants.map(({ role_id, expires_at }) => ({ role: role_id, expires_at })),
});

export function toUser(user: UserRecord, now: Date): User {
  const { id, username, email, phone, email_verified, phone_verified, status, profile, created_at, updated_at } = user;
  return {
    id,
    username,
    email,
    phone,
    email_verified,
    phone_verified,
    status,
    roles: user.grants.filter((grant) => isLive(grant, now)),
    profile,
    login_history: { last_login_at: user.last_login_at, login_count: user.login_count },
    created_at,
    updated_at,
  };
}

export function toSessionUser(user: UserRecord, { byId }: RoleTable, now: Date): SessionUser {
  const { id, username, email, phone, profile } = user;
  const holder = toHolder(user);
  const roles = listEffectiveRoles(holder, byId, now).map(({ name }) => name);
  return { id, username, email, phone, roles, permissions: listEffectivePairs(holder, byId, now), profile };
}

/** That somebody else had typed, perhaps: whoever signs in with it proves it. */
export function proveNumber({ clock }: World, user: UserRecord): void {
  if (user.phone_verified || user.phone === null) return;
  Object.assign(user, { phone_verified: true, isProven: true, updated_at: clock.now() });
}

/** Tokens made before are out of date: their rights, names or address are no longer what they say. */
export function raiseEpoch({ clock, feed }: World, user: UserRecord): void {
  user.epoch++;
  user.updated_at = clock.now();
  feed.note({ type: 'user', id: user.id, value: user.epoch });
}

const NAMES: Readonly<Record<string, string>> = {
  username: 'user name',
  email: 'e-mail address',
  phone: 'phone number',
};

/** @throws Refusal ALREADY_EXISTS naming the fields */
export const refuseTaken = (fields: readonly string[]): never =>
  refuse('ALREADY_EXISTS', {
    detail: fields.map((field) => `The ${NAMES[field]} is taken`).join('; '),
    errors: fields.map((path) => ({ path, message: 'is taken' })),
  });
