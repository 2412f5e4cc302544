// users: typed queries. Look-ups by name or address all go through `findByLogin`.
import type { UserStatus } from '@authcenter/shared';
import { type Document, type Filter, ObjectId, type UpdateFilter } from 'mongodb';
import type { Database } from '../../database/client.ts';
import { findPage } from '../../database/keyset.ts';
import type { Tx } from '../../database/transaction.ts';
import { type UserDocument, usersCollection } from './document.ts';
import { createHolderQueries } from './holder-queries.ts';

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
    ...createHolderQueries(users, maxTimeMS),
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
