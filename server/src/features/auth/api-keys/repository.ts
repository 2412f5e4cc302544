// api_keys: what a user's programs act by; of the keys only hashes.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';

export const ApiKeyDocument = z.object({
  _id: objectId(),
  user_id: objectId(),
  name: z.string(),
  prefix: z.string(),
  hash: z.string(),
  /** Normal forms, `resource:ACTION`. */
  scopes: z.array(z.string()),
  created_at: z.date(),
  expires_at: z.date().nullable(),
  last_used_at: z.date().nullable(),
});
export type ApiKeyDocument = z.output<typeof ApiKeyDocument>;

export const apiKeysCollection = {
  name: 'api_keys',
  schema: ApiKeyDocument,
  indexes: [
    { key: { prefix: 1 as const }, name: 'prefix', unique: true },
    { key: { user_id: 1 as const, created_at: -1 as const, _id: -1 as const }, name: 'user_created_at' },
  ],
};

export function createApiKeysRepository(database: Database) {
  const keys = database.db.collection<ApiKeyDocument>(apiKeysCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(key: ApiKeyDocument, tx: Tx): Promise<void> {
      await keys.insertOne(key, { session: tx });
    },
    findByPrefix: (prefix: string) => keys.findOne({ prefix }, { maxTimeMS }),
    /** Of those that still work. */
    countOfUser: (userId: ObjectId, now: Date, tx: Tx) =>
      keys.countDocuments(
        { user_id: userId, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] },
        { maxTimeMS, session: tx },
      ),
    listOfUser: (userId: ObjectId, options: { limit: number; cursor?: string | undefined; withTotal: boolean }) =>
      findPage(
        keys,
        { filter: { user_id: userId }, sort: { field: 'created_at', direction: -1 }, ...options },
        maxTimeMS,
      ),
    /** A person has a few dozen at most. */
    listAllOfUser: (userId: ObjectId) =>
      keys.find({ user_id: userId }, { sort: { created_at: -1, _id: -1 }, maxTimeMS }).toArray(),
    /** No fact worth a majority write. */
    async noteUse(id: ObjectId, now: Date): Promise<void> {
      await keys.updateOne({ _id: id }, { $set: { last_used_at: now } }, { maxTimeMS, writeConcern: { w: 1 } });
    },
    remove: (id: string, userId: ObjectId, tx: Tx) =>
      keys.findOneAndDelete({ _id: new ObjectId(id), user_id: userId }, { maxTimeMS, session: tx }),
    async removeOfUser(userId: ObjectId, tx: Tx): Promise<void> {
      await keys.deleteMany({ user_id: userId }, { maxTimeMS, session: tx });
    },
  };
}
export type ApiKeysRepository = ReturnType<typeof createApiKeysRepository>;
