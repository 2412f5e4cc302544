// access_requests: the document, its indexes, typed queries.
import type { AccessRequestStatus } from '@authcenter/shared';
import { type Document, type Filter, ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';

export const AccessRequestDocument = z.object({
  _id: objectId(),
  user_id: objectId(),
  role_id: objectId(),
  /** As it was called when it was asked for. */
  role_name: z.string(),
  reason: z.string(),
  /** Seconds. */
  duration: z.int(),
  status: z.enum(['pending', 'approved', 'declined', 'cancelled', 'lapsed']),
  approvals: z.array(z.object({ user_id: objectId(), at: z.date(), comment: z.string().nullable() })),
  decided_by: objectId().nullable(),
  closed_at: z.date().nullable(),
  comment: z.string().nullable(),
  granted_until: z.date().nullable(),
  created_at: z.date(),
  /** Of one that is closed; the audit tells of it for longer. */
  forget_at: z.date().optional(),
});
export type AccessRequestDocument = z.output<typeof AccessRequestDocument>;

export const accessRequestsCollection = {
  name: 'access_requests',
  schema: AccessRequestDocument,
  indexes: [
    {
      key: { user_id: 1, role_id: 1 },
      name: 'one_pending',
      unique: true,
      partialFilterExpression: { status: 'pending' },
    },
    { key: { user_id: 1, created_at: -1, _id: -1 }, name: 'user_page' },
    { key: { user_id: 1, status: 1, created_at: -1, _id: -1 }, name: 'user_status_page' },
    { key: { status: 1, created_at: -1, _id: -1 }, name: 'status_page' },
    { key: { forget_at: 1 }, name: 'forget_at', expireAfterSeconds: 0 },
  ],
};

export interface ListRequestsQuery {
  readonly userId?: ObjectId | undefined;
  /** Of others than this one. */
  readonly notOf?: ObjectId | undefined;
  readonly roleIds?: readonly string[] | undefined;
  readonly status?: AccessRequestStatus | undefined;
  /** Pending ones from before have lapsed. */
  readonly since: Date;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly withTotal: boolean;
}

const filterOf = ({ userId, notOf, roleIds, status, since }: ListRequestsQuery): Filter<AccessRequestDocument> => ({
  ...(userId === undefined ? {} : { user_id: userId }),
  // As an expression, or the planner would take an index that begins with the user, and sort.
  ...(notOf === undefined ? {} : { $expr: { $ne: ['$user_id', notOf] } }),
  ...(roleIds === undefined ? {} : { role_id: { $in: roleIds.map((id) => new ObjectId(id)) } }),
  ...(status === undefined ? {} : { status }),
  ...(status === 'pending' ? { created_at: { $gt: since } } : {}),
});

export function createAccessRequestsRepository(database: Database) {
  const requests = database.db.collection<AccessRequestDocument>(accessRequestsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(request: AccessRequestDocument, tx: Tx): Promise<void> {
      await requests.insertOne(request, { session: tx });
    },
    findById: (id: string, tx: Tx) => requests.findOne({ _id: new ObjectId(id) }, { maxTimeMS, session: tx }),
    findPending: (userId: ObjectId, roleId: string, tx: Tx) =>
      requests.findOne(
        { user_id: userId, role_id: new ObjectId(roleId), status: 'pending' },
        { maxTimeMS, session: tx },
      ),
    countSince: (userId: ObjectId, since: Date, limit: number, tx: Tx) =>
      requests.countDocuments({ user_id: userId, created_at: { $gt: since } }, { limit, maxTimeMS, session: tx }),
    /** Null when it is no longer pending. */
    updatePending: (id: ObjectId, fields: Partial<AccessRequestDocument>, tx: Tx) =>
      requests.findOneAndUpdate(
        { _id: id, status: 'pending' },
        { $set: fields },
        { returnDocument: 'after', maxTimeMS, session: tx },
      ),
    list: ({ limit, cursor, withTotal, ...query }: ListRequestsQuery) =>
      findPage(
        requests,
        {
          filter: filterOf({ limit, withTotal, ...query }) as Filter<Document>,
          sort: { field: 'created_at', direction: -1 },
          limit,
          cursor,
          withTotal,
        },
        maxTimeMS,
      ),
    listStale: (before: Date, limit: number) =>
      requests.find({ status: 'pending', created_at: { $lte: before } }, { limit, maxTimeMS }).toArray(),
    async removeOfUser(userId: ObjectId, tx: Tx): Promise<void> {
      await requests.deleteMany({ user_id: userId }, { maxTimeMS, session: tx });
    },
  };
}
export type AccessRequestsRepository = ReturnType<typeof createAccessRequestsRepository>;
