// otp_challenges: six digits sent to a phone or a mailbox; the digits are stored as keyed hashes alone.
import type { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const ChallengePurpose = z.enum([
  'login',
  'register',
  'reset_password',
  'bind',
  'step_up',
  /** Of an unfinished sign-in: the account's other address. */
  'confirm',
]);
export type ChallengePurpose = z.output<typeof ChallengePurpose>;

export const ChallengeDocument = z.object({
  /** The `challenge_id`: 128 random bits. */
  _id: z.string(),
  purpose: ChallengePurpose,
  channel: z.enum(['sms', 'email']),
  /** E.164, or the address in lower case. */
  target: z.string(),
  /** For whom alone it is good; absent where whoever holds the target is meant. */
  user_id: objectId().optional(),
  /** Keyed hash of the address that asked: from there the id may be left out. */
  source: z.string(),
  /** Empty until the message is made; a message made again adds one. */
  code_hashes: z.array(z.string()),
  tries: z.int(),
  created_at: z.date(),
  expires_at: z.date(),
});
export type ChallengeDocument = z.output<typeof ChallengeDocument>;

export const challengesCollection = {
  name: 'otp_challenges',
  schema: ChallengeDocument,
  indexes: [
    { key: { target: 1, purpose: 1, source: 1, created_at: -1 }, name: 'target_source' },
    {
      key: { user_id: 1 },
      name: 'user_id',
      partialFilterExpression: { user_id: { $exists: true } },
    },
    { key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 },
  ],
} as const;

/** Messages of one challenge whose codes all work: one that was made again makes none void. */
const KEPT_CODES = 3;

/** Which challenge a code belongs to: by its id, or the newest of the address that asked. */
export interface ChallengeQuery {
  readonly purpose: ChallengePurpose;
  /** E.164 or an address in lower case; whichever of them it is for. */
  readonly targets: readonly string[];
  readonly id?: string | undefined;
  readonly source: string;
}

export function createChallengesRepository(database: Database) {
  const challenges = database.db.collection<ChallengeDocument>(challengesCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(challenge: ChallengeDocument, tx: Tx): Promise<void> {
      await challenges.insertOne(challenge, { session: tx });
    },
    find: (id: string, now: Date) => challenges.findOne({ _id: id, expires_at: { $gt: now } }, { maxTimeMS }),
    async addCode(id: string, codeHash: string): Promise<void> {
      await challenges.updateOne(
        { _id: id },
        { $push: { code_hashes: { $each: [codeHash], $slice: -KEPT_CODES } } },
        { maxTimeMS },
      );
    },
    /** Takes one of the tries; null when there is no such challenge, or none is left. */
    takeTry: ({ purpose, targets, id, source }: ChallengeQuery, maxTries: number, now: Date) =>
      challenges.findOneAndUpdate(
        {
          ...(id === undefined ? { source } : { _id: id }),
          purpose,
          target: { $in: [...targets] },
          tries: { $lt: maxTries },
          expires_at: { $gt: now },
        },
        { $inc: { tries: 1 } },
        { sort: { created_at: -1 }, returnDocument: 'after', maxTimeMS },
      ),
    /** Takes it out of the world; false when somebody was first. */
    async consume(id: string, tx: Tx): Promise<boolean> {
      return (await challenges.deleteOne({ _id: id }, { maxTimeMS, session: tx })).deletedCount === 1;
    },
    async removeOfUser(userId: ObjectId, tx: Tx): Promise<void> {
      await challenges.deleteMany({ user_id: userId }, { maxTimeMS, session: tx });
    },
    async removeForTarget(purpose: ChallengePurpose, target: string, tx: Tx): Promise<void> {
      await challenges.deleteMany({ purpose, target }, { maxTimeMS, session: tx });
    },
  };
}
export type ChallengesRepository = ReturnType<typeof createChallengesRepository>;
