// signing_keys: the ring as stored; private parts are envelopes.
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import type { Tx } from '../../database/transaction.ts';

export const SigningKeyDocument = z.object({
  _id: z.string(),
  use: z.enum(['access', 'refresh']),
  alg: z.string(),
  source: z.enum(['generated', 'pem']),
  /** True for the one key of its use that signs; the others verify until `retired_at` + token life. */
  signing: z.boolean(),
  public_jwk: z.record(z.string(), z.unknown()).nullable(),
  /** Envelope of the private JWK; null where the private part comes from a PEM file. */
  private_jwk: z.string().nullable(),
  created_at: z.date(),
  retired_at: z.date().nullable(),
});
export type SigningKeyDocument = z.output<typeof SigningKeyDocument>;
export type KeyUse = SigningKeyDocument['use'];

export const signingKeysCollection = {
  name: 'signing_keys',
  schema: SigningKeyDocument,
  // At most one signing key per use, however many instances start at once.
  indexes: [{ key: { use: 1 }, name: 'one_signing_per_use', unique: true, partialFilterExpression: { signing: true } }],
};

export function createSigningKeysRepository(database: Database) {
  const keys = database.db.collection<SigningKeyDocument>(signingKeysCollection.name);
  return {
    list: () => keys.find({}, { maxTimeMS: database.maxTimeMs }).toArray(),
    findSigning: (use: KeyUse, tx?: Tx) =>
      keys.findOne({ use, signing: true }, { maxTimeMS: database.maxTimeMs, ...(tx ? { session: tx } : {}) }),
    /** Makes this the signing key of its use and retires the one before, in the caller's transaction. */
    async replaceSigning(tx: Tx, key: SigningKeyDocument): Promise<void> {
      await keys.updateMany(
        { use: key.use, signing: true, _id: { $ne: key._id } },
        { $set: { signing: false, retired_at: key.created_at } },
        { session: tx },
      );
      await keys.replaceOne({ _id: key._id }, key, { session: tx, upsert: true });
    },
  };
}
export type SigningKeysRepository = ReturnType<typeof createSigningKeysRepository>;
