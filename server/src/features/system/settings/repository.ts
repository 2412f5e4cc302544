// settings: what is given new values while the servers run, in one document.
import { MongoServerError, ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { duplicateKey } from '../../../database/errors.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const SettingsDocument = z.object({
  _id: z.string(),
  version: z.int(),
  /** A list, since names with dots make no good field names; values as JSON, since they are of many kinds. */
  values: z.array(z.object({ key: z.string(), json: z.string() })),
  updated_by: objectId().nullable(),
  updated_at: z.date(),
});
export type SettingsDocument = z.output<typeof SettingsDocument>;

export const settingsCollection = { name: 'settings', schema: SettingsDocument, indexes: [] };

export interface StoredSettings {
  readonly version: number;
  readonly updatedAt: Date | null;
  readonly values: Readonly<Record<string, unknown>>;
}

export const NO_SETTINGS: StoredSettings = { version: 0, updatedAt: null, values: {} };
const ONLY = 'runtime';

export function createSettingsRepository(database: Database) {
  const settings = database.db.collection<SettingsDocument>(settingsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async read(tx?: Tx): Promise<StoredSettings> {
      const found = await settings.findOne({ _id: ONLY }, { maxTimeMS, ...(tx ? { session: tx } : {}) });
      if (!found) return NO_SETTINGS;
      const values = Object.fromEntries(found.values.map(({ key, json }) => [key, JSON.parse(json)]));
      return { version: found.version, updatedAt: found.updated_at, values };
    },
    /** Puts others in place of those of a version; false when they are no longer of that version. */
    async replace(
      version: number,
      values: Readonly<Record<string, unknown>>,
      by: { userId: string; at: Date },
      tx: Tx,
    ): Promise<boolean> {
      const document = {
        version: version + 1,
        values: Object.entries(values).map(([key, value]) => ({ key, json: JSON.stringify(value) })),
        updated_by: new ObjectId(by.userId),
        updated_at: by.at,
      };
      if (version > 0)
        return (
          (await settings.updateOne({ _id: ONLY, version }, { $set: document }, { maxTimeMS, session: tx }))
            .matchedCount === 1
        );
      try {
        await settings.insertOne({ _id: ONLY, ...document }, { session: tx });
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && duplicateKey(error) !== null) return false;
        throw error;
      }
    },
  };
}
export type SettingsRepository = ReturnType<typeof createSettingsRepository>;
