// Who holds which roles: queries over users by their live grants.
import { type Filter, ObjectId } from 'mongodb';
import type { Database } from '../../database/client.ts';
import { findPage } from '../../database/keyset.ts';
import type { UserDocument } from '../users/document.ts';

export interface HoldersQuery {
  readonly roleIds: readonly string[];
  readonly now: Date;
}

/** Active users with a live grant of any of the roles. */
function filterOf({ roleIds, now }: HoldersQuery): Filter<UserDocument> {
  const role_id = { $in: roleIds.map((id) => new ObjectId(id)) };
  return {
    status: 'active',
    // The plain condition lets the index on the role be used; $elemMatch says that this very grant is live.
    'roles.role_id': role_id,
    roles: { $elemMatch: { role_id, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] } },
  };
}

export function createHoldersRepository(database: Database) {
  const users = database.db.collection<UserDocument>('users');
  const maxTimeMS = database.maxTimeMs;
  return {
    /** By user name. Each role's part of the index is in that order, and the parts are merged: nothing is sorted. */
    list: ({ limit, cursor, withTotal, ...query }: HoldersQuery & PageQuery) =>
      findPage(
        users,
        {
          filter: filterOf(query) as Filter<object>,
          sort: { field: 'username', direction: 1 },
          projection: { status: 1, roles: 1, 'profile.name': 1 },
          limit,
          cursor,
          withTotal,
        },
        maxTimeMS,
      ),

    /** The same users, by the set of all roles that they hold now. One pass over the holders, whatever their number. */
    async groupBySets({ sample, ...query }: HoldersQuery & { readonly sample: number }): Promise<HolderGroup[]> {
      const isLive = { $or: [{ $eq: ['$$grant.expires_at', null] }, { $gt: ['$$grant.expires_at', query.now] }] };
      const live = { $filter: { input: '$roles', as: 'grant', cond: isLive } };
      const ids = { $map: { input: live, as: 'grant', in: '$$grant.role_id' } };
      const found = await users
        .aggregate<{ _id: ObjectId[]; users: number; first: (Omit<UserRef, 'user_id'> & { _id: ObjectId })[] }>(
          [
            { $match: filterOf(query) },
            {
              $group: {
                _id: { $sortArray: { input: { $setUnion: [ids] }, sortBy: 1 } },
                users: { $sum: 1 },
                first: {
                  $topN: {
                    n: sample,
                    sortBy: { username: 1 },
                    output: { _id: '$_id', username: '$username', name: '$profile.name' },
                  },
                },
              },
            },
          ],
          { maxTimeMS },
        )
        .toArray();
      return found.map(({ _id, first, ...group }) => ({
        ...group,
        roleIds: _id.map((id) => id.toHexString()),
        first: first.map(({ _id: id, username, name }) => ({ user_id: id.toHexString(), username, name })),
      }));
    },
  };
}
export type HoldersRepository = ReturnType<typeof createHoldersRepository>;

/** Users who hold the very same roles. */
export interface HolderGroup {
  readonly roleIds: readonly string[];
  readonly users: number;
  /** By user name. */
  readonly first: readonly UserRef[];
}

interface UserRef {
  readonly user_id: string;
  readonly username: string;
  readonly name: string | null;
}

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly withTotal: boolean;
}
