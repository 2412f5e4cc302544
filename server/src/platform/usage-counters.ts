// usage_counters: what happens too often to be recorded one by one. Each instance adds up, and writes once a minute.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../database/client.ts';
import { objectId } from '../database/json-schema.ts';
import type { Clock } from './clock.ts';
import type { Log } from './logger.ts';

export const UsageCounterDocument = z.object({
  _id: objectId(),
  kind: z.string(),
  /** Its beginning. */
  hour: z.date(),
  count: z.int(),
});
export type UsageCounterDocument = z.output<typeof UsageCounterDocument>;

const KEPT_SECONDS = 400 * 86_400;

export const usageCountersCollection = {
  name: 'usage_counters',
  schema: UsageCounterDocument,
  indexes: [
    { key: { kind: 1 as const, hour: 1 as const }, name: 'kind_hour', unique: true },
    { key: { hour: 1 as const }, name: 'expires', expireAfterSeconds: KEPT_SECONDS },
  ],
};

export type UsageKind = 'verification';

export interface UsageCounters {
  count(kind: UsageKind): void;
  /** Writes what has been counted since the last time. */
  flush(): Promise<void>;
  /** The last of it. */
  close(): Promise<void>;
}

const HOUR = 3_600_000;
const FLUSH_EVERY = 60_000;

export function startUsageCounters(database: Database, { clock, log }: { clock: Clock; log: Log }): UsageCounters {
  const counters = database.db.collection<UsageCounterDocument>(usageCountersCollection.name);
  /** By kind, by the beginning of the hour. */
  let counted = new Map<UsageKind, Map<number, number>>();

  const add = (kind: UsageKind, hour: number, count: number) => {
    const hours = counted.get(kind) ?? new Map<number, number>();
    counted.set(kind, hours.set(hour, (hours.get(hour) ?? 0) + count));
  };

  const flush = async () => {
    const taken = [...counted].flatMap(([kind, hours]) => [...hours].map(([hour, count]) => ({ kind, hour, count })));
    counted = new Map();
    for (const [index, { kind, hour, count }] of taken.entries())
      try {
        await counters.updateOne(
          { kind, hour: new Date(hour) },
          { $inc: { count }, $setOnInsert: { _id: new ObjectId() } },
          { upsert: true, maxTimeMS: database.maxTimeMs },
        );
      } catch (error) {
        // Counted again with the next: if it was written after all, these few are counted twice.
        for (const rest of taken.slice(index)) add(rest.kind, rest.hour, rest.count);
        throw error;
      }
  };
  const tryFlush = () =>
    flush().catch((error: unknown) => log.warn({ error }, 'usage is not written now, and kept for later'));

  const timer = setInterval(() => void tryFlush(), FLUSH_EVERY).unref();
  return {
    count: (kind) => add(kind, Math.floor(clock.now().getTime() / HOUR) * HOUR, 1),
    flush,
    async close() {
      clearInterval(timer);
      await tryFlush();
    },
  };
}
