// one_time_codes: links and codes that work once; only their keyed hash is stored.
import type { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const OneTimeCodeDocument = z.object({
  _id: objectId(),
  purpose: z.enum(['verify_email']),
  /** The address the code proves. */
  target: z.string(),
  /** The account it is for; absent where the code itself will make one (`pending`). */
  user_id: objectId().optional(),
  /** Keyed hashes of what stands in the links; absent until a mail is made. */
  secret_hashes: z.array(z.string()).optional(),
  /** A registration for an address that an unverified account holds: it waits here until its own link is opened. */
  pending: z
    .object({
      username: z.string(),
      name: z.string().nullable(),
      password_hash: z.string(),
      password_scheme: z.enum(['bcrypt', 'bcrypt-sha384']),
    })
    .optional(),
  created_at: z.date(),
  expires_at: z.date(),
});
export type OneTimeCodeDocument = z.output<typeof OneTimeCodeDocument>;

export const oneTimeCodesCollection = {
  name: 'one_time_codes',
  schema: OneTimeCodeDocument,
  indexes: [
    {
      key: { secret_hashes: 1 },
      name: 'secret_hashes',
      unique: true,
      partialFilterExpression: { secret_hashes: { $exists: true } },
    },
    { key: { target: 1 }, name: 'target' },
    {
      key: { 'pending.username': 1 },
      name: 'pending_username',
      partialFilterExpression: { 'pending.username': { $exists: true } },
    },
    { key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 },
  ],
};

/** Mails of one code whose links all work: one that is sent again makes none void. */
const KEPT_SECRETS = 5;

export function createOneTimeCodesRepository(database: Database) {
  const codes = database.db.collection<OneTimeCodeDocument>(oneTimeCodesCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(code: OneTimeCodeDocument, tx?: Tx): Promise<void> {
      await codes.insertOne(code, tx ? { session: tx } : {});
    },
    /** Gives a code one more secret; null when it has lapsed or been used meanwhile. */
    addSecret: (id: ObjectId, secretHash: string, now: Date) =>
      codes.findOneAndUpdate(
        { _id: id, expires_at: { $gt: now } },
        { $push: { secret_hashes: { $each: [secretHash], $slice: -KEPT_SECRETS } } },
        { returnDocument: 'after', maxTimeMS },
      ),
    /** Takes the code out of the world, if it is still good: one atomic act, in the transaction of what it opens. */
    consume: (purpose: OneTimeCodeDocument['purpose'], secretHash: string, now: Date, tx: Tx) =>
      codes.findOneAndDelete(
        { purpose, secret_hashes: secretHash, expires_at: { $gt: now } },
        { maxTimeMS, session: tx },
      ),
    async removeForTarget(purpose: OneTimeCodeDocument['purpose'], target: string, tx: Tx): Promise<void> {
      await codes.deleteMany({ purpose, target }, { maxTimeMS, session: tx });
    },
    findPendingUsername: (username: string, now: Date) =>
      codes.findOne({ 'pending.username': username, expires_at: { $gt: now } }, { maxTimeMS }),
    /** Everybody who claims the address, newest first. */
    listForTarget: (purpose: OneTimeCodeDocument['purpose'], target: string, now: Date, limit: number) =>
      codes
        .find({ purpose, target, expires_at: { $gt: now } }, { sort: { created_at: -1 }, limit, maxTimeMS })
        .toArray(),
  };
}
export type OneTimeCodesRepository = ReturnType<typeof createOneTimeCodesRepository>;
