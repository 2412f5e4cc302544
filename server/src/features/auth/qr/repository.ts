// qr_logins: a browser that waits for a phone; each step is one conditional update.
import type { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const QrLoginDocument = z.object({
  /** The `qr_id`: 128 random bits, and no secret. */
  _id: z.string(),
  /** Keyed hash of what the browser claims the session with. */
  secret_hash: z.string(),
  number: z.int(),
  /** What the phone offers to choose from. */
  numbers: z.array(z.int()),
  status: z.enum(['pending', 'scanned', 'confirmed', 'rejected', 'claimed']),
  device_info: z.object({
    user_agent: z.string().nullable(),
    device_name: z.string().nullable(),
    ip: z.string().nullable(),
  }),
  /** Whose phone has scanned it. */
  user_id: objectId().optional(),
  /** The phone's session, once it has confirmed: it must still stand when the new one is claimed. */
  session_id: z.string().optional(),
  /** How that session was opened: the new one says the same. */
  methods: z.array(z.string()).optional(),
  created_at: z.date(),
  expires_at: z.date(),
  /** When the database forgets it: a while later, so that a poller learns how it ended. */
  removed_at: z.date(),
});
export type QrLoginDocument = z.output<typeof QrLoginDocument>;

export const qrLoginsCollection = {
  name: 'qr_logins',
  schema: QrLoginDocument,
  indexes: [
    { key: { user_id: 1 }, name: 'user_id', partialFilterExpression: { user_id: { $exists: true } } },
    { key: { removed_at: 1 }, name: 'removed_at', expireAfterSeconds: 0 },
  ],
};

/** Of the phone that confirms. */
export interface PhoneSession {
  readonly userId: ObjectId;
  readonly sessionId: string;
  readonly methods: readonly string[];
}

export function createQrLoginsRepository(database: Database) {
  const logins = database.db.collection<QrLoginDocument>(qrLoginsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const after = { returnDocument: 'after', maxTimeMS } as const;
  return {
    async insert(login: QrLoginDocument): Promise<void> {
      await logins.insertOne(login);
    },
    find: (id: string) => logins.findOne({ _id: id }, { maxTimeMS }),
    /** The first to scan it; the same person may scan again. */
    scan: (id: string, userId: ObjectId, now: Date) =>
      logins.findOneAndUpdate(
        {
          _id: id,
          expires_at: { $gt: now },
          $or: [{ status: 'pending' }, { status: 'scanned', user_id: userId }],
        },
        { $set: { status: 'scanned', user_id: userId } },
        after,
      ),
    confirm: (id: string, number: number, phone: PhoneSession, now: Date, tx: Tx) =>
      logins.findOneAndUpdate(
        { _id: id, status: 'scanned', user_id: phone.userId, number, expires_at: { $gt: now } },
        { $set: { status: 'confirmed', session_id: phone.sessionId, methods: [...phone.methods] } },
        { ...after, session: tx },
      ),
    /** By who has scanned it, before it is claimed. */
    reject: (id: string, userId: ObjectId, now: Date, tx: Tx) =>
      logins.findOneAndUpdate(
        { _id: id, status: { $in: ['scanned', 'confirmed'] }, user_id: userId, expires_at: { $gt: now } },
        { $set: { status: 'rejected' } },
        { ...after, session: tx },
      ),
    /** Once; false when somebody was first, or it has been rejected. */
    async claim(id: string, now: Date, tx: Tx): Promise<boolean> {
      const { matchedCount } = await logins.updateOne(
        { _id: id, status: 'confirmed', expires_at: { $gt: now } },
        { $set: { status: 'claimed' } },
        { maxTimeMS, session: tx },
      );
      return matchedCount === 1;
    },
    async removeOfUser(userId: ObjectId, tx: Tx): Promise<void> {
      await logins.deleteMany({ user_id: userId }, { maxTimeMS, session: tx });
    },
  };
}
export type QrLoginsRepository = ReturnType<typeof createQrLoginsRepository>;
