// Making a collection what its declaration says: validator and indexes, whether it exists already or not.
import { type IndexDescription, MongoNetworkTimeoutError, MongoServerError } from 'mongodb';
import type { z } from 'zod';
import type { Database } from './client.ts';
import { toBsonSchema } from './json-schema.ts';

const NAMESPACE_EXISTS = 48;

/**
 * Creates the collection, or brings its validator up to date, and builds the indexes that are missing.
 * Idempotent, also when several instances do it at once. Documents that were invalid before may still be edited
 * (`moderate`), so that a stricter schema does not lock old data.
 */
export async function ensureCollection(
  database: Database,
  name: string,
  schema: z.ZodType,
  indexes: readonly IndexDescription[],
): Promise<void> {
  const validation = {
    validator: toBsonSchema(schema),
    validationLevel: 'moderate',
    validationAction: 'error',
  };
  try {
    await database.db.createCollection(name, validation);
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error;
    await database.db.command({ collMod: name, ...validation });
  }
  if (indexes.length > 0) await buildIndexes(database, name, indexes);
}

/** On a large collection a build outlasts the socket timeout, yet goes on in the server; the same command then waits for it. */
async function buildIndexes(database: Database, name: string, indexes: readonly IndexDescription[]): Promise<void> {
  for (;;) {
    try {
      await database.db.collection(name).createIndexes([...indexes]);
      return;
    } catch (error) {
      if (!(error instanceof MongoNetworkTimeoutError)) throw error;
    }
  }
}
