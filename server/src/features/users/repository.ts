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
});
export type GrantDocument = z.output<typeof GrantDocument>;

export const UserDocument = z.object({
  _id: objectId(),
  username: z.string(),
  email: z.string().optional(),
  phone: z.string().optional(),
  password_hash: z.string().optional(),
  password_scheme: z.enum(['bcrypt', 'bcrypt-sha384']).optional(),
  status: z.enum(['active', 'inactive', 'locked']),
  roles: z.array(GrantDocument),
  profile: z.object({
    name: z.string().nullable(),
    avatar: z.string().nullable(),
    department: z.string().nullable(),
    position: z.string().nullable(),
  }),
  login_history: z.object({ last_login_at: z.date(), login_count: z.int(), last_ip: z.string().nullable() }),
  email_verified: z.boolean(),
  phone_verified: z.boolean(),
  /** A self-registration that proved no address lapses then. */
  unverified_until: z.date().optional(),
  /** When an address was first proven; absent for a registration that has proven nothing yet. */
  proven_at: z.date().optional(),
  username_changed_at: z.date().optional(),
  security: z.object({ password_changed_at: z.date().nullable(), token_epoch: z.int(), epoch_at: z.date().optional() }),
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
    // One index per (filter, sort) of users.list.
    ...LIST_SORTS.flatMap((sort) => {
      const [field] = Object.keys(sort);
      return [
        { key: withId(sort), name: `by_${field}` },
        { key: { status: 1 as const, ...withId(sort) }, name: `status_by_${field}` },
        { key: { 'roles.role_id': 1 as const, ...withId(sort) }, name: `role_by_${field}` },
      ];
    }),
  ],
};

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
    findByLogin: (login: { email: string } | { username: string }, tx?: Tx) =>
      users.findOne(login, { maxTimeMS, ...session(tx) }),
    async insert(user: UserDocument, tx?: Tx): Promise<void> {
      await users.insertOne(user, session(tx));
    },
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
          roles: { $elemMatch: { role_id: new ObjectId(roleId), expires_at: null } },
        },
        { limit: 1, maxTimeMS, session: tx },
      ),
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
    listLapsed: (now: Date, limit: number) =>
      users
        .find({ unverified_until: { $exists: true, $lte: now } }, { projection: { _id: 1 }, limit, maxTimeMS })
        .toArray(),
  };
}
export type UsersRepository = ReturnType<typeof createUsersRepository>;
