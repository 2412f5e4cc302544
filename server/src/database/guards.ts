// Guard documents: a rule that spans several documents takes its guard first, so that two such transactions run one after the other.
import { z } from 'zod';
import type { Database } from './client.ts';
import type { Tx } from './transaction.ts';

export const GuardDocument = z.object({ _id: z.string(), taken: z.int() });
export type GuardRecord = z.output<typeof GuardDocument>;

export const GUARDS = 'guards';

/** A transaction in a race with itself had better not create its collection. */
export const guardsCollection = { name: GUARDS, schema: GuardDocument, indexes: [] };

/**
 * Takes a guard for the rest of the transaction. Snapshot reads alone allow write skew (two administrators demote each
 * other, each seeing the other still in office); writing one common document makes the second transaction start over.
 *
 * @returns how often the guard has been taken
 */
export async function takeGuard(database: Database, tx: Tx, name: string): Promise<number> {
  const guard = await database.db
    .collection<GuardRecord>(GUARDS)
    .findOneAndUpdate(
      { _id: name },
      { $inc: { taken: 1 } },
      { session: tx, upsert: true, returnDocument: 'after', maxTimeMS: database.maxTimeMs },
    );
  return guard?.taken ?? 1;
}
