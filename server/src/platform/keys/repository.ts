// signing_keys: the ring as stored; private parts are envelopes.
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import type { Tx } from '../../database/transaction.ts';

export const SigningKeyDocument = z.object({
  _id: z.string(),
  use: z.enum(['access', 'refresh']),
  alg: z.string(),
  source: z.enum(['generated', 'pem', 'vault', 'aws', 'gcp']),
  /** True for the newest key of its use: it signs from `signs_from` on, and the one before it until then. */
  signing: z.boolean(),
  public_jwk: z.record(z.string(), z.unknown()).nullable(),
  /** Envelope of the private JWK; null where the private part is elsewhere, or gone. */
  private_jwk: z.string().nullable(),
  /** By what name and version the key management service knows it. */
  kms_key: z.string().optional(),
  /** When it was published. */
  created_at: z.date(),
  /** `created_at` where absent. */
  signs_from: z.date().optional(),
  /** When the next key takes over; in the future while that one is only published. */
  retired_at: z.date().nullable(),
  /** It verifies until then, and for the present life of a token after `retired_at`, whichever is later. */
  verifies_until: z.date().optional(),
  /** It neither signs nor verifies any more, from this moment on. */
  revoked_at: z.date().optional(),
});
export type SigningKeyDocument = z.output<typeof SigningKeyDocument>;
export type KeyUse = SigningKeyDocument['use'];
export type KeySource = SigningKeyDocument['source'];

export const KEY_USES: readonly KeyUse[] = ['access', 'refresh'];

export const signingKeysCollection = {
  name: 'signing_keys',
  schema: SigningKeyDocument,
  // At most one newest key per use, however many instances start or rotate at once.
  indexes: [{ key: { use: 1 }, name: 'one_signing_per_use', unique: true, partialFilterExpression: { signing: true } }],
};

/** When the next key takes over, and until when this one verifies in any case. */
export interface Retirement {
  readonly retired_at: Date;
  readonly verifies_until: Date;
}

export function createSigningKeysRepository(database: Database) {
  const keys = database.db.collection<SigningKeyDocument>(signingKeysCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const session = (tx?: Tx) => (tx ? { session: tx } : {});
  return {
    list: (tx?: Tx) => keys.find({}, { maxTimeMS, sort: { created_at: 1 }, ...session(tx) }).toArray(),
    find: (kid: string, tx?: Tx) => keys.findOne({ _id: kid }, { maxTimeMS, ...session(tx) }),
    findNewest: (use: KeyUse, tx?: Tx) => keys.findOne({ use, signing: true }, { maxTimeMS, ...session(tx) }),
    /** Whether `kid` was the newest key of its use, and is it no longer: the one update that decides who rotates. */
    async retireNewest(tx: Tx, use: KeyUse, kid: string, retirement: Retirement): Promise<boolean> {
      const { matchedCount } = await keys.updateOne(
        { _id: kid, use, signing: true, revoked_at: { $exists: false } },
        { $set: { signing: false, ...retirement } },
        { session: tx },
      );
      return matchedCount === 1;
    },
    /** A key that was in the ring before comes back as what it is now; one that was revoked meanwhile never does, and is a duplicate key. */
    async put(tx: Tx, key: SigningKeyDocument): Promise<void> {
      const filter = { _id: key._id, revoked_at: { $exists: false } };
      await keys.replaceOne(filter, key, { session: tx, upsert: true });
    },
    /** The newest key's turn begins; false when it is the newest no longer. */
    async beginTurn(tx: Tx, kid: string, now: Date): Promise<boolean> {
      const { matchedCount } = await keys.updateOne(
        { _id: kid, signing: true, revoked_at: { $exists: false } },
        { $set: { signs_from: now } },
        { session: tx },
      );
      return matchedCount === 1;
    },
    /** False when it was revoked before. */
    async revoke(tx: Tx, kid: string, now: Date): Promise<boolean> {
      const { matchedCount } = await keys.updateOne(
        { _id: kid, revoked_at: { $exists: false } },
        { $set: { revoked_at: now, signing: false, private_jwk: null } },
        { session: tx },
      );
      return matchedCount === 1;
    },
    /** Makes a retired key the newest again. */
    async restoreNewest(tx: Tx, kid: string): Promise<void> {
      await keys.updateOne(
        { _id: kid },
        { $set: { signing: true, retired_at: null }, $unset: { verifies_until: '' } },
        { session: tx },
      );
    },
    /** Keeps a key verifying for as long as an instance signs with it. */
    async hold(kid: string, until: Date): Promise<void> {
      await keys.updateOne({ _id: kid, revoked_at: { $exists: false } }, { $max: { verifies_until: until } });
    },
    /** Forgets the private part; what was published stays, so that a use of the key is known for one. */
    async erasePrivate(kid: string): Promise<void> {
      await keys.updateOne({ _id: kid, private_jwk: { $ne: null } }, { $set: { private_jwk: null } });
    },
    async remove(kid: string): Promise<void> {
      await keys.deleteOne({ _id: kid, signing: false });
    },
    listSealed: () =>
      keys.find({ private_jwk: { $type: 'string' } }, { projection: { private_jwk: 1 }, maxTimeMS }).toArray(),
    /** False when the envelope is no longer that one. */
    async replaceSealed(kid: string, before: string, after: string): Promise<boolean> {
      const { matchedCount } = await keys.updateOne(
        { _id: kid, private_jwk: before },
        { $set: { private_jwk: after } },
      );
      return matchedCount === 1;
    },
  };
}
export type SigningKeysRepository = ReturnType<typeof createSigningKeysRepository>;
