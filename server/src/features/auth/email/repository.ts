// one_time_codes: links and codes that work once; only their keyed hash is stored.
import type { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const OneTimeCodeDocument = z.object({
  _id: objectId(),
  purpose: z.enum(['verify_email', 'reset_password', 'magic_link', 'invitation']),
  /** The address the code proves. */
  target: z.string(),
  /** The account it is for; absent where the code itself will make one (`pending`). */
  user_id: objectId().optional(),
  /** Keyed hashes of what stands in the links, each as long as its link is good; absent until a mail is made. */
  secrets: z.array(z.object({ hash: z.string(), expires_at: z.date() })).optional(),
  /** A registration for an address that an unverified account holds: it waits here until its own link is opened. */
  pending: z
    .object({
      username: z.string(),
      name: z.string().nullable(),
      password_hash: z.string(),
      password_scheme: z.enum(['bcrypt', 'bcrypt-sha384', 'bcrypt-foreign']),
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
      key: { 'secrets.hash': 1 },
      name: 'secrets_hash',
      unique: true,
      partialFilterExpression: { secrets: { $exists: true } },
    },
    { key: { target: 1 }, name: 'target' },
    { key: { user_id: 1 }, name: 'user_id', partialFilterExpression: { user_id: { $exists: true } } },
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

export type LinkSecret = NonNullable<OneTimeCodeDocument['secrets']>[number];

/** The code that a link is good for. */
const behind = (purpose: OneTimeCodeDocument['purpose'], hash: string, now: Date) => ({
  purpose,
  secrets: { $elemMatch: { hash, expires_at: { $gt: now } } },
  expires_at: { $gt: now },
});

export function createOneTimeCodesRepository(database: Database) {
  const codes = database.db.collection<OneTimeCodeDocument>(oneTimeCodesCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(code: OneTimeCodeDocument, tx?: Tx): Promise<void> {
      await codes.insertOne(code, tx ? { session: tx } : {});
    },
    findById: (id: ObjectId, now: Date) => codes.findOne({ _id: id, expires_at: { $gt: now } }, { maxTimeMS }),
    /** Gives a code one more secret; null when it has lapsed or been used meanwhile. */
    addSecret: (id: ObjectId, secret: LinkSecret, now: Date) =>
      codes.findOneAndUpdate(
        { _id: id, expires_at: { $gt: now } },
        { $push: { secrets: { $each: [secret], $slice: -KEPT_SECRETS } } },
        { returnDocument: 'after', maxTimeMS },
      ),
    /** Takes the code out of the world, if it is still good: one atomic act, in the transaction of what it opens. */
    consume: (purpose: OneTimeCodeDocument['purpose'], secretHash: string, now: Date, tx: Tx) =>
      codes.findOneAndDelete(behind(purpose, secretHash, now), { maxTimeMS, session: tx }),
    find: (purpose: OneTimeCodeDocument['purpose'], secretHash: string, now: Date) =>
      codes.findOne(behind(purpose, secretHash, now), { maxTimeMS }),
    /** Those of some purposes, or all. */
    async removeOfUser(userId: ObjectId, tx: Tx, purposes?: readonly OneTimeCodeDocument['purpose'][]): Promise<void> {
      const some = purposes ? { purpose: { $in: [...purposes] } } : {};
      await codes.deleteMany({ user_id: userId, ...some }, { maxTimeMS, session: tx });
    },
    async removeForTarget(purpose: OneTimeCodeDocument['purpose'], target: string, tx: Tx): Promise<void> {
      await codes.deleteMany({ purpose, target }, { maxTimeMS, session: tx });
    },
    findPendingUsername: (username: string, now: Date) =>
      codes.findOne({ 'pending.username': username, expires_at: { $gt: now } }, { maxTimeMS }),
    /** The registration that was the last to claim an address which is somebody else's. */
    findNewestClaim: (target: string, now: Date) =>
      codes.findOne(
        { target, pending: { $exists: true }, expires_at: { $gt: now } },
        { sort: { created_at: -1, _id: -1 }, maxTimeMS },
      ),
    /** Everybody who claims the address, newest first. */
    listForTarget: (purpose: OneTimeCodeDocument['purpose'], target: string, now: Date, limit: number) =>
      codes
        .find({ purpose, target, expires_at: { $gt: now } }, { sort: { created_at: -1 }, limit, maxTimeMS })
        .toArray(),
  };
}
export type OneTimeCodesRepository = ReturnType<typeof createOneTimeCodesRepository>;
