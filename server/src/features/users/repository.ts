// users: the document, its indexes, typed queries. Look-ups by name or address all go through `findByLogin`.
import type { UserStatus } from '@authcenter/shared';
import { type Document, type Filter, ObjectId, type UpdateFilter } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import { objectId } from '../../database/json-schema.ts';
import { findPage } from '../../database/keyset.ts';
import type { Tx } from '../../database/transaction.ts';

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

/** Any name a person signs in by. */
export type LoginName = { readonly email: string } | { readonly username: string } | { readonly phone: string };

/**
 * The condition that nothing a sign-in was judged by has changed since the user was read: an active account, with the same
 * password and the same factors.
 */
export const sameCredentials = ({ security }: UserDocument): Filter<UserDocument> => ({
  status: 'active',
  'security.password_changed_at': security.password_changed_at,
  // Null finds what is absent.
  'security.factors_changed_at': (security.factors_changed_at ?? null) as Date,
});

const SORTS = {
  created_at: { field: 'created_at', direction: -1 },
  username: { field: 'username', direction: 1 },
  last_login_at: { field: 'login_history.last_login_at', direction: -1 },
} as const;

export interface ListUsersQuery {
  readonly status?: UserStatus | undefined;
  /** Who holds this role at `now`. */
  readonly roleId?: string | undefined;
  readonly now: Date;
  readonly sort: keyof typeof SORTS;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly withTotal: boolean;
}

/** At most this many hits of a search are sorted, in memory. */
export const SEARCH_HITS = 500;

const escapeRegex = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export function createUsersRepository(database: Database) {
  const users = database.db.collection<UserDocument>(usersCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const session = (tx?: Tx) => (tx ? { session: tx } : {});

  const filterOf = ({
    status,
    roleId,
    now,
  }: Pick<ListUsersQuery, 'status' | 'roleId' | 'now'>): Filter<UserDocument> => ({
    ...(status === undefined ? {} : { status }),
    ...(roleId === undefined
      ? {}
      : {
          // The plain equality lets the index on the role be used; $elemMatch says that this very grant is live.
          'roles.role_id': new ObjectId(roleId),
          roles: {
            $elemMatch: { role_id: new ObjectId(roleId), $or: [{ expires_at: null }, { expires_at: { $gt: now } }] },
          },
        }),
  });

  return {
    findById: (id: string, tx?: Tx) => users.findOne({ _id: new ObjectId(id) }, { maxTimeMS, ...session(tx) }),
    findByLogin: (login: LoginName, tx?: Tx) => users.findOne(login, { maxTimeMS, ...session(tx) }),
    /** `$elemMatch` for the pair, the plain equality for the index: dotted equality alone matches another provider's subject. */
    findByIdentity: (provider: string, subject: string, tx?: Tx) =>
      users.findOne(
        { 'identities.provider': provider, identities: { $elemMatch: { provider, subject } } },
        { maxTimeMS, ...session(tx) },
      ),
    renameIdentity: (id: string, provider: string, from: string, to: string, tx: Tx) =>
      users.findOneAndUpdate(
        { _id: new ObjectId(id), identities: { $elemMatch: { provider, subject: from } } },
        { $set: { 'identities.$.subject': to } },
        { returnDocument: 'after', maxTimeMS, session: tx },
      ),
    async insert(user: UserDocument, tx?: Tx): Promise<void> {
      await users.insertOne(user, session(tx));
    },
    async insertMany(added: readonly UserDocument[], tx: Tx): Promise<void> {
      await users.insertMany([...added], { session: tx });
    },
    /** Everybody who has one of the names. */
    listByNames: (
      {
        usernames,
        emails,
        phones,
      }: { readonly usernames: string[]; readonly emails: string[]; readonly phones: string[] },
      tx?: Tx,
    ) =>
      users
        .find(
          {
            $or: [
              { username: { $in: usernames } },
              { email: { $exists: true, $in: emails } },
              { phone: { $exists: true, $in: phones } },
            ],
          },
          { projection: { username: 1, email: 1, phone: 1 }, maxTimeMS, ...session(tx) },
        )
        .toArray(),
    /** Everybody, oldest id first, as they are read. */
    scan: () => users.find({}, { sort: { _id: 1 }, batchSize: 1000 }),
    /** One conditional update; null when the user is not (or no longer) as `condition` says. */
    update: (id: string, condition: Filter<UserDocument>, change: UpdateFilter<UserDocument>, tx?: Tx) =>
      users.findOneAndUpdate({ _id: new ObjectId(id), ...condition }, change, {
        returnDocument: 'after',
        maxTimeMS,
        ...session(tx),
      }),
    async remove(id: string, condition: Filter<UserDocument>, tx?: Tx): Promise<boolean> {
      return (await users.deleteOne({ _id: new ObjectId(id), ...condition }, session(tx))).deletedCount === 1;
    },
    list: ({ sort, limit, cursor, withTotal, ...filter }: ListUsersQuery) =>
      findPage(
        users,
        { filter: filterOf(filter) as Filter<Document>, sort: SORTS[sort], limit, cursor, withTotal },
        maxTimeMS,
      ),
    /** Prefix of user name, e-mail, phone (without `+`: of the region with that calling code) or name, each by its own index. */
    search: async (
      prefix: string,
      callingCode: string,
      query: Pick<ListUsersQuery, 'status' | 'roleId' | 'now'>,
    ): Promise<UserDocument[]> => {
      const lower = new RegExp(`^${escapeRegex(prefix.toLowerCase())}`);
      const asTyped = new RegExp(`^${escapeRegex(prefix)}`);
      const phone = new RegExp(`^${escapeRegex(prefix.startsWith('+') ? prefix : `+${callingCode}${prefix}`)}`);
      const prefixes = [
        { username: lower },
        { email: { $exists: true, $regex: lower } },
        { phone: { $exists: true, $regex: phone } },
        { 'profile.name': asTyped },
      ];
      return users
        .find({ $and: [{ $or: prefixes }, filterOf(query)] }, { maxTimeMS })
        .limit(SEARCH_HITS)
        .toArray();
    },
    /** Active users with a live grant of the role that no time ends, but for this one. */
    countLastingHolders: (roleId: string, except: string, tx: Tx) =>
      users.countDocuments(
        {
          _id: { $ne: new ObjectId(except) },
          status: 'active',
          // Who is about to leave is none to rely on.
          deletion_due_at: { $exists: false },
          roles: { $elemMatch: { role_id: new ObjectId(roleId), expires_at: null } },
        },
        { limit: 1, maxTimeMS, session: tx },
      ),
    /** Somebody, whatever their status, with a live grant of one of the roles. */
    findHolder: (roleIds: readonly ObjectId[], now: Date, tx: Tx) =>
      users.findOne(
        {
          'roles.role_id': { $in: [...roleIds] },
          roles: {
            $elemMatch: { role_id: { $in: [...roleIds] }, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] },
          },
        },
        { projection: { _id: 1 }, maxTimeMS, session: tx },
      ),
    /** Whoever has a grant of the role, expired or not. */
    listGrantsOf: (roleId: string, limit: number, tx: Tx) =>
      users
        .find({ 'roles.role_id': new ObjectId(roleId) }, { projection: { roles: 1 }, limit, maxTimeMS, session: tx })
        .toArray(),
    /** Writes grants anew that give what they gave: nobody's tokens are out of date. */
    async rewriteGrants(changes: readonly { readonly id: ObjectId; readonly roles: GrantDocument[] }[], tx: Tx) {
      await users.bulkWrite(
        changes.map(({ id, roles }) => ({ updateOne: { filter: { _id: id }, update: { $set: { roles } } } })),
        { ordered: false, session: tx },
      );
    },
    listEpochsSince: (since: Date) =>
      users
        .find({ 'security.epoch_at': { $exists: true, $gte: since } }, { projection: { security: 1 }, maxTimeMS })
        .toArray(),
    /** Takes the term off every registration that has one. */
    async keepUnverified(): Promise<void> {
      await users.updateMany(
        { unverified_until: { $exists: true } },
        { $unset: { unverified_until: '' } },
        { maxTimeMS },
      );
    },
    /** In no order; who is not there is left out. */
    listByIds: (ids: readonly ObjectId[]) => users.find({ _id: { $in: [...ids] } }, { maxTimeMS }).toArray(),
    /** Active users with a live grant of one of the roles, who are not about to leave. */
    listHolders: (roleIds: readonly string[], status: UserStatus | undefined, now: Date, limit: number, tx: Tx) => {
      const role_id = { $in: roleIds.map((id) => new ObjectId(id)) };
      return users
        .find(
          {
            'roles.role_id': role_id,
            ...(status === undefined ? {} : { status }),
            deletion_due_at: { $exists: false },
            roles: { $elemMatch: { role_id, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] } },
          },
          { limit, maxTimeMS, session: tx },
        )
        .toArray();
    },
    /** Who has a grant about whose end something is to be done. */
    listGrantsDue: (now: Date, limit: number) =>
      users
        .find({ 'roles.due_at': { $exists: true, $lte: now } }, { projection: { _id: 1 }, limit, maxTimeMS })
        .toArray(),
    listDueForDeletion: (now: Date, limit: number) =>
      users
        .find({ deletion_due_at: { $exists: true, $lte: now } }, { projection: { _id: 1 }, limit, maxTimeMS })
        .toArray(),
    listLapsed: (now: Date, limit: number) =>
      users
        .find({ unverified_until: { $exists: true, $lte: now } }, { projection: { _id: 1 }, limit, maxTimeMS })
        .toArray(),
  };
}
export type UsersRepository = ReturnType<typeof createUsersRepository>;
