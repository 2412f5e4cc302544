// notices: what a person was last told of a kind, so that they are told at most once an hour.
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { duplicateKey } from '../../../database/errors.ts';

export const NoticeDocument = z.object({
  /** User and kind. */
  _id: z.string(),
  at: z.date(),
  /** The record that told it: tried again, it may tell it again. */
  record: z.string(),
  expires_at: z.date(),
});
export type NoticeDocument = z.output<typeof NoticeDocument>;

export const noticesCollection = {
  name: 'notices',
  schema: NoticeDocument,
  indexes: [{ key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 }],
};

const HOUR = 3_600_000;

export function createNoticesRepository(database: Database) {
  const notices = database.db.collection<NoticeDocument>(noticesCollection.name);
  return {
    /** What they were told of lately: of what stands behind the kind's name nothing is meant for people. */
    async listOfUser(userId: string): Promise<{ kind: string; at: Date }[]> {
      const told = await notices
        .find({ _id: { $gte: `${userId} `, $lt: `${userId}!` } }, { maxTimeMS: database.maxTimeMs })
        .toArray();
      return told.map(({ _id, at }) => ({ kind: _id.split(' ')[1] ?? '', at }));
    },
    /** Whether this record is the one that tells; of several at once one is. */
    async claim(userId: string, kind: string, record: string, now: Date): Promise<boolean> {
      try {
        await notices.updateOne(
          {
            _id: `${userId} ${kind}`,
            $or: [{ record }, { at: { $lte: new Date(now.getTime() - HOUR) } }],
          },
          { $set: { at: now, record, expires_at: new Date(now.getTime() + HOUR) } },
          { upsert: true, maxTimeMS: database.maxTimeMs },
        );
        return true;
      } catch (error) {
        // Told within the hour.
        if (duplicateKey(error) !== null) return false;
        throw error;
      }
    },
  };
}
export type NoticesRepository = ReturnType<typeof createNoticesRepository>;
