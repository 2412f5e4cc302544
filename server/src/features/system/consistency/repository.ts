// copy_checks: when copies were last checked, by whichever instance, and what was found.
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { duplicateKey } from '../../../database/errors.ts';

export const CopyCheckDocument = z.object({
  _id: z.literal('copies'),
  /** Nobody checks before then. */
  due_at: z.date(),
  checked_at: z.date().nullable(),
  /** How many differed, by copy. */
  differing: z.record(z.string(), z.int()),
});
export type CopyCheckDocument = z.output<typeof CopyCheckDocument>;

export const copyChecksCollection = { name: 'copy_checks', schema: CopyCheckDocument, indexes: [] };

export function createCopyChecksRepository(database: Database) {
  const checks = database.db.collection<CopyCheckDocument>(copyChecksCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const _id = 'copies' as const;
  return {
    /** Takes the next check upon oneself; false when it is not due, or another instance's. */
    async claim(now: Date, nextDue: Date): Promise<boolean> {
      try {
        const { matchedCount, upsertedCount } = await checks.updateOne(
          { _id, due_at: { $lte: now } },
          { $set: { due_at: nextDue }, $setOnInsert: { checked_at: null, differing: {} } },
          { upsert: true, maxTimeMS },
        );
        return matchedCount + upsertedCount === 1;
      } catch (error) {
        if (duplicateKey(error) === null) throw error;
        return false;
      }
    },
    async note(checkedAt: Date, differing: Record<string, number>): Promise<void> {
      await checks.updateOne({ _id }, { $set: { checked_at: checkedAt, differing } }, { maxTimeMS });
    },
    read: () => checks.findOne({ _id }, { maxTimeMS }),
  };
}
export type CopyChecksRepository = ReturnType<typeof createCopyChecksRepository>;
