// passkeys: public keys of authenticators; passkey_challenges: what one of them is asked to sign, once.
import { type Binary, ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { binary, objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const PasskeyDocument = z.object({
  _id: objectId(),
  user_id: objectId(),
  /** Base64url, as browsers name it. */
  credential_id: z.string(),
  /** COSE (RFC 9052). */
  public_key: binary(),
  /** Of signatures; grows, where the authenticator counts. */
  counter: z.int(),
  transports: z.array(z.string()),
  backed_up: z.boolean(),
  label: z.string(),
  created_at: z.date(),
  last_used_at: z.date().nullable(),
});
export type PasskeyDocument = z.output<typeof PasskeyDocument> & { readonly public_key: Binary };

export const passkeysCollection = {
  name: 'passkeys',
  schema: PasskeyDocument,
  indexes: [
    { key: { credential_id: 1 }, name: 'credential_id', unique: true },
    { key: { user_id: 1, created_at: 1 }, name: 'user_id' },
  ],
};

export function createPasskeysRepository(database: Database) {
  const passkeys = database.db.collection<PasskeyDocument>(passkeysCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(passkey: PasskeyDocument, tx: Tx): Promise<void> {
      await passkeys.insertOne(passkey, { session: tx });
    },
    findByCredential: (credentialId: string) => passkeys.findOne({ credential_id: credentialId }, { maxTimeMS }),
    listOfUser: (userId: ObjectId) =>
      passkeys.find({ user_id: userId }, { sort: { created_at: 1 }, maxTimeMS }).toArray(),
    /** Notes a use, if the counter is as it was read: of two uses of one assertion one is noted. */
    async noteUse(passkey: PasskeyDocument, counter: number, now: Date, tx: Tx): Promise<boolean> {
      const { matchedCount } = await passkeys.updateOne(
        { _id: passkey._id, counter: passkey.counter },
        { $set: { counter, last_used_at: now } },
        { maxTimeMS, session: tx },
      );
      return matchedCount === 1;
    },
    async remove(id: string, userId: ObjectId, tx: Tx): Promise<boolean> {
      const { deletedCount } = await passkeys.deleteOne(
        { _id: new ObjectId(id), user_id: userId },
        { maxTimeMS, session: tx },
      );
      return deletedCount === 1;
    },
    async removeOfUser(userId: ObjectId, tx: Tx): Promise<void> {
      await passkeys.deleteMany({ user_id: userId }, { maxTimeMS, session: tx });
    },
  };
}
export type PasskeysRepository = ReturnType<typeof createPasskeysRepository>;

export const PasskeyChallengeDocument = z.object({
  /** The challenge itself, base64url. */
  _id: z.string(),
  purpose: z.enum(['register', 'login', 'mfa', 'step_up']),
  /** Who alone may answer; null where the answer tells who it is. */
  user_id: objectId().nullable(),
  expires_at: z.date(),
});
export type PasskeyChallengeDocument = z.output<typeof PasskeyChallengeDocument>;

export const passkeyChallengesCollection = {
  name: 'passkey_challenges',
  schema: PasskeyChallengeDocument,
  indexes: [{ key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 }],
};

export function createPasskeyChallengesRepository(database: Database) {
  const challenges = database.db.collection<PasskeyChallengeDocument>(passkeyChallengesCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(challenge: PasskeyChallengeDocument): Promise<void> {
      await challenges.insertOne(challenge);
    },
    /** Takes it out of the world, whatever comes of the answer; null when there is no such challenge (any more). */
    take: (id: string, purpose: PasskeyChallengeDocument['purpose'], now: Date) =>
      challenges.findOneAndDelete({ _id: id, purpose, expires_at: { $gt: now } }, { maxTimeMS }),
  };
}
export type PasskeyChallengesRepository = ReturnType<typeof createPasskeyChallengesRepository>;
