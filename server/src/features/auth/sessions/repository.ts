// sessions: one document is one signed-in device; rotation moves `session_id` on in one atomic update.
import type { EndReason } from '@authcenter/shared/acts';
import { type Filter, ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';

export const SessionDocument = z.object({
  _id: objectId(),
  /** The current refresh token's `jti`. */
  session_id: z.string(),
  previous_session_id: z.string().optional(),
  rotated_at: z.date(),
  /** A previous token that came back after the grace, once; a second time means two holders. */
  late_jti: z.string().optional(),
  late_at: z.date().optional(),
  auth_time: z.date(),
  kind: z.enum(['sso', 'app']),
  /** The session that vouched for this one, which ends with it. */
  parent_id: objectId().optional(),
  transport: z.enum(['cookie', 'body']),
  user_id: objectId(),
  device_info: z.object({
    user_agent: z.string().nullable(),
    ip: z.string().nullable(),
    device_type: z.enum(['web', 'mobile', 'api']),
    device_name: z.string().nullable(),
  }),
  auth_methods: z.array(z.string()),
  client_id: z.string().nullable(),
  created_at: z.date(),
  last_accessed_at: z.date(),
  expires_at: z.date(),
  is_revoked: z.boolean(),
  revoked_at: z.date().optional(),
  revoke_reason: z.string().optional(),
});
export type SessionDocument = z.output<typeof SessionDocument>;

export const sessionsCollection = {
  name: 'sessions',
  schema: SessionDocument,
  indexes: [
    // None on the ids of refresh tokens: a token names its session, and each refresh would write two indexes more.
    { key: { user_id: 1, created_at: -1, _id: -1 }, name: 'user_by_created_at' },
    { key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 },
    { key: { is_revoked: 1 }, name: 'is_revoked' },
    // Most sessions are of no client; those are not in it.
    { key: { client_id: 1 }, name: 'client_id', partialFilterExpression: { client_id: { $type: 'string' } } },
    { key: { parent_id: 1 }, name: 'parent_id', partialFilterExpression: { parent_id: { $exists: true } } },
    { key: { revoked_at: 1 }, name: 'revoked_at', partialFilterExpression: { revoked_at: { $exists: true } } },
  ],
};

export interface Rotation {
  readonly id: string;
  readonly userId: string;
  readonly from: string;
  readonly to: string;
  readonly transport: SessionDocument['transport'];
  readonly now: Date;
}

/** Told of sessions that end, in the transaction that ends them. */
export type OnSessionsEnded = (
  tx: Tx,
  ended: readonly { readonly id: string; readonly userId: string }[],
  reason: EndReason,
) => Promise<void>;

export function createSessionsRepository(database: Database, onEnded: OnSessionsEnded = async () => undefined) {
  const sessions = database.db.collection<SessionDocument>(sessionsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const live = (now: Date) => ({ is_revoked: false, expires_at: { $gt: now } });

  /** @param limit - at most so many; 0 is no limit */
  async function revokeStanding(
    filter: Filter<SessionDocument>,
    reason: EndReason,
    now: Date,
    tx: Tx,
    limit = 0,
  ): Promise<ObjectId[]> {
    const options = { projection: { user_id: 1 }, limit, maxTimeMS, session: tx };
    const found = await sessions.find({ ...filter, is_revoked: false }, options).toArray();
    const standing = found.map(({ _id }) => _id);
    if (standing.length === 0) return [];
    await sessions.updateMany(
      { _id: { $in: standing } },
      { $set: { is_revoked: true, revoked_at: now, revoke_reason: reason } },
      { maxTimeMS, session: tx },
    );
    await onEnded(tx, found.map(toEnded), reason);
    return standing;
  }

  return {
    async insert(session: SessionDocument, tx: Tx): Promise<void> {
      await sessions.insertOne(session, { session: tx });
    },
    findById: (id: string) => sessions.findOne({ _id: new ObjectId(id) }, { maxTimeMS }),
    /** Moves the session from one refresh token to the next, unless it is revoked, expired or elsewhere already. */
    rotate: ({ id, userId, from, to, transport, now }: Rotation) =>
      sessions.findOneAndUpdate(
        { _id: new ObjectId(id), user_id: new ObjectId(userId), session_id: from, transport, ...live(now) },
        { $set: { session_id: to, previous_session_id: from, rotated_at: now, last_accessed_at: now } },
        { returnDocument: 'after', maxTimeMS },
      ),
    /** Notes a previous token that came late; null when the session has moved on meanwhile or the token was noted before. */
    noteLate: (id: string, jti: string, now: Date, lateBefore: Date) =>
      sessions.findOneAndUpdate(
        {
          _id: new ObjectId(id),
          previous_session_id: jti,
          late_jti: { $ne: jti },
          late_at: { $not: { $gt: lateBefore } },
          ...live(now),
        },
        { $set: { late_jti: jti, late_at: now, last_accessed_at: now } },
        { returnDocument: 'after', maxTimeMS },
      ),
    /** Revokes one session if it stands; null when it does not (any more). */
    async revoke(id: string, reason: EndReason, now: Date, tx: Tx, userId?: string) {
      const revoked = await sessions.findOneAndUpdate(
        {
          _id: new ObjectId(id),
          ...(userId === undefined ? {} : { user_id: new ObjectId(userId) }),
          is_revoked: false,
          expires_at: { $gt: now },
        },
        { $set: { is_revoked: true, revoked_at: now, revoke_reason: reason } },
        { returnDocument: 'after', maxTimeMS, session: tx },
      );
      if (revoked) await onEnded(tx, [toEnded(revoked)], reason);
      return revoked;
    },
    /** Revokes whatever a session has vouched for, and what that has; answers their ids. */
    async revokeChildren(id: string, reason: EndReason, now: Date, tx: Tx): Promise<string[]> {
      const ended: ObjectId[] = [];
      for (let parents = [new ObjectId(id)]; parents.length > 0; ) {
        parents = await revokeStanding({ parent_id: { $in: parents } }, reason, now, tx);
        ended.push(...parents);
      }
      return ended.map((child) => child.toHexString());
    },
    /** Revokes all of a user's sessions, but for the one to keep; answers their ids. */
    async revokeAll(userId: string, reason: EndReason, now: Date, tx: Tx, keep?: string): Promise<string[]> {
      const others = keep === undefined ? {} : { _id: { $ne: new ObjectId(keep) } };
      const ended = await revokeStanding({ user_id: new ObjectId(userId), ...others }, reason, now, tx);
      return ended.map((id) => id.toHexString());
    },
    /** Revokes so many of a client's sessions; answers their ids. */
    async revokeOfClient(clientId: string, reason: EndReason, now: Date, limit: number, tx: Tx): Promise<string[]> {
      const ended = await revokeStanding({ client_id: { $eq: clientId, $type: 'string' } }, reason, now, tx, limit);
      return ended.map((id) => id.toHexString());
    },
    listLive: (
      userId: string,
      now: Date,
      { limit, cursor, withTotal }: { limit: number; cursor?: string | undefined; withTotal: boolean },
    ) =>
      findPage(
        sessions,
        {
          filter: { user_id: new ObjectId(userId), ...live(now) },
          sort: { field: 'created_at', direction: -1 },
          limit,
          cursor,
          withTotal,
        },
        maxTimeMS,
      ),
    /** Those that ended too, newest first. */
    listAll: (userId: string, limit: number) =>
      sessions
        .find({ user_id: new ObjectId(userId) }, { sort: { created_at: -1, _id: -1 }, limit, maxTimeMS })
        .toArray(),
    /** The holder has proven themselves anew: by what, and when. Null when the session does not stand any more. */
    proveAgain: (id: string, methods: readonly string[], now: Date, tx: Tx) =>
      sessions.findOneAndUpdate(
        { _id: new ObjectId(id), ...live(now) },
        { $set: { auth_time: now }, $addToSet: { auth_methods: { $each: [...methods] } } },
        { returnDocument: 'after', maxTimeMS, session: tx },
      ),
    /** A factor was shown in it; when it was opened by what stays as it is. */
    async addMethods(id: string, methods: readonly string[], tx: Tx): Promise<void> {
      await sessions.updateOne(
        { _id: new ObjectId(id) },
        { $addToSet: { auth_methods: { $each: [...methods] } } },
        { maxTimeMS, session: tx },
      );
    },
    listRevokedSince: (since: Date) =>
      sessions
        .find({ revoked_at: { $exists: true, $gte: since } }, { projection: { revoked_at: 1 }, maxTimeMS })
        .toArray(),
    async removeRevokedBefore(before: Date): Promise<number> {
      return (await sessions.deleteMany({ revoked_at: { $exists: true, $lt: before } }, { maxTimeMS })).deletedCount;
    },
    countLive: (now: Date) => sessions.countDocuments(live(now), { maxTimeMS }),
  };
}
const toEnded = ({ _id, user_id }: Pick<SessionDocument, '_id' | 'user_id'>) => ({
  id: _id.toHexString(),
  userId: user_id.toHexString(),
});

export type SessionsRepository = ReturnType<typeof createSessionsRepository>;
