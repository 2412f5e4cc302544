// users: the document and its indexes.
import { z } from 'zod';
import { objectId } from '../../database/json-schema.ts';

export const GrantDocument = z.object({
  role_id: objectId(),
  role_name: z.string(),
  granted_by: objectId().nullable(),
  granted_at: z.date(),
  expires_at: z.date().nullable(),
  /** When something is next to be done about its end (see `grant-term.ts`); absent where nothing is. */
  due_at: z.date().optional(),
  /** When its end was recorded. */
  expiry_noted_at: z.date().optional(),
});
export type GrantDocument = z.output<typeof GrantDocument>;

/** `bcrypt-foreign`: made elsewhere; compared as there, by the first 72 bytes alone, and renewed at the next sign-in. */
export const StoredPasswordScheme = z.enum(['bcrypt', 'bcrypt-sha384', 'bcrypt-foreign']);

/** A third-party sign-in; the provider's own claims, as of the last time. */
export const IdentityDocument = z.object({
  provider: z.string(),
  subject: z.string(),
  linked_at: z.date(),
  profile: z.object({
    name: z.string().nullable(),
    email: z.string().nullable(),
    avatar: z.string().nullable(),
    ids: z.record(z.string(), z.string()),
  }),
});
export type IdentityDocument = z.output<typeof IdentityDocument>;

export const TwoFactorDocument = z.object({
  totp: z
    .object({
      /** Sealed. */
      secret: z.string(),
      activated_at: z.date(),
      /** The time step of the last code that was taken: each works once. */
      last_step: z.int(),
    })
    .optional(),
  /** Enrolled and not yet proven by a code. */
  pending: z.object({ secret: z.string(), created_at: z.date() }).optional(),
  /** Keyed hashes. */
  backup_codes: z.array(z.string()),
  /** How many stand in `passkeys`, so that a sign-in need not look there. */
  passkeys: z.int(),
});
export type TwoFactorDocument = z.output<typeof TwoFactorDocument>;

export const UserDocument = z.object({
  _id: objectId(),
  username: z.string(),
  email: z.string().optional(),
  phone: z.string().optional(),
  password_hash: z.string().optional(),
  password_scheme: StoredPasswordScheme.optional(),
  /** The next sign-in by password asks for a new one. */
  password_change_required: z.boolean().optional(),
  /** Earlier ones, newest first, where the profile forbids them. */
  password_history: z.array(z.object({ hash: z.string(), scheme: StoredPasswordScheme })).optional(),
  status: z.enum(['active', 'inactive', 'locked']),
  roles: z.array(GrantDocument),
  profile: z.object({
    name: z.string().nullable(),
    avatar: z.string().nullable(),
    department: z.string().nullable(),
    position: z.string().nullable(),
  }),
  login_history: z.object({
    last_login_at: z.date(),
    login_count: z.int(),
    last_ip: z.string().nullable(),
    /** Keyed hashes of the devices seen lately. */
    devices: z.array(z.object({ key: z.string(), last_seen_at: z.date() })).optional(),
  }),
  email_verified: z.boolean(),
  phone_verified: z.boolean(),
  /** A self-registration that proved no address lapses then. */
  unverified_until: z.date().optional(),
  /** When an address was first proven; absent for a registration that has proven nothing yet. */
  proven_at: z.date().optional(),
  username_changed_at: z.date().optional(),
  /** The person asked to leave; signing in before then calls it off. */
  deletion_due_at: z.date().optional(),
  identities: z.array(IdentityDocument).optional(),
  /** What applications keep, each under its id, as JSON text: keys of theirs are none of the database's. */
  metadata: z.record(z.string(), z.string()).optional(),
  security: z.object({
    password_changed_at: z.date().nullable(),
    token_epoch: z.int(),
    epoch_at: z.date().optional(),
    two_factor: TwoFactorDocument.optional(),
    /** When a factor was last added or removed. */
    factors_changed_at: z.date().optional(),
  }),
  created_at: z.date(),
  updated_at: z.date(),
});
export type UserDocument = z.output<typeof UserDocument>;

/** Sort fields are never null: who never signed in did so in 1970. */
export const NEVER = new Date(0);

const LIST_SORTS = [{ created_at: -1 }, { username: 1 }, { 'login_history.last_login_at': -1 }] as const;
const withId = (sort: Record<string, 1 | -1>) => ({ ...sort, _id: Object.values(sort)[0] as 1 | -1 });

export const usersCollection = {
  name: 'users',
  schema: UserDocument,
  indexes: [
    { key: { username: 1 }, name: 'username', unique: true },
    // `$exists`, not `$type`: with `$type` the plain query `{ email: x }` scans the collection.
    { key: { email: 1 }, name: 'email', unique: true, partialFilterExpression: { email: { $exists: true } } },
    { key: { phone: 1 }, name: 'phone', unique: true, partialFilterExpression: { phone: { $exists: true } } },
    {
      key: { 'security.epoch_at': 1 },
      name: 'epoch_at',
      partialFilterExpression: { 'security.epoch_at': { $exists: true } },
    },
    {
      key: { unverified_until: 1 },
      name: 'unverified_until',
      partialFilterExpression: { unverified_until: { $exists: true } },
    },
    { key: { 'profile.name': 1 }, name: 'profile_name' },
    // Leads to the grants whose copy of the role's name is not the role's, and to those of roles that are no more.
    { key: { 'roles.role_id': 1, 'roles.role_name': 1 }, name: 'role_name_copy' },
    {
      key: { 'identities.provider': 1, 'identities.subject': 1 },
      name: 'identity',
      unique: true,
      partialFilterExpression: { 'identities.provider': { $exists: true } },
    },
    {
      key: { deletion_due_at: 1 },
      name: 'deletion_due_at',
      partialFilterExpression: { deletion_due_at: { $exists: true } },
    },
    {
      key: { 'security.two_factor.passkeys': 1 },
      name: 'passkey_count',
      partialFilterExpression: { 'security.two_factor.passkeys': { $gt: 0 } },
    },
    {
      key: { 'roles.due_at': 1 },
      name: 'grant_due_at',
      partialFilterExpression: { 'roles.due_at': { $exists: true } },
    },
    // One index per (filter, sort) of users.list.
    ...LIST_SORTS.flatMap((sort) => {
      const [field] = Object.keys(sort);
      return [
        { key: withId(sort), name: `by_${field}` },
        { key: { status: 1 as const, ...withId(sort) }, name: `status_by_${field}` },
        { key: { 'roles.role_id': 1 as const, ...withId(sort) }, name: `role_by_${field}` },
        { key: { 'roles.role_id': 1 as const, status: 1 as const, ...withId(sort) }, name: `role_status_by_${field}` },
      ];
    }),
  ],
};
