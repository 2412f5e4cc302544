// The heartbeat that proves the change stream alive: each instance writes its own document and must see it come back by the stream.
// A quiet stream's resume token alone does not serve: it may stand still for 18 s.
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import type { Log } from '../logger.ts';

export const HeartbeatDocument = z.object({ _id: z.string(), at: z.date() });
export type HeartbeatDocument = z.output<typeof HeartbeatDocument>;

export const heartbeatsCollection = {
  name: 'heartbeats',
  schema: HeartbeatDocument,
  // One that nobody renews belongs to an instance that is gone.
  indexes: [{ key: { at: 1 }, name: 'at', expireAfterSeconds: 3600 }],
};

const BEAT_EVERY = 5_000;
const STALLED_AFTER = 30_000;

export interface Heartbeat {
  /** The stream showed a heartbeat. */
  hear(instanceId: string): void;
  /** Writes the first one. */
  first(): Promise<void>;
  isStalled(): boolean;
  lagSeconds(): number;
  close(): Promise<void>;
}

export function startHeartbeat(database: Database, instanceId: string, log: Log): Heartbeat {
  const beats = database.db.collection<HeartbeatDocument>(heartbeatsCollection.name);
  // Monotonic time: a clock that is set back must not hide a stalled stream.
  let heardAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  // A heartbeat is no fact worth a majority write; the stream shows it once it is replicated all the same.
  const beat = () =>
    beats.updateOne({ _id: instanceId }, { $set: { at: new Date() } }, { upsert: true, writeConcern: { w: 1 } });
  return {
    hear: (id) => {
      if (id === instanceId) heardAt = performance.now();
    },
    async first() {
      await beat();
      timer = setInterval(
        () => void beat().catch((error: unknown) => log.warn({ error }, 'heartbeat could not be written')),
        BEAT_EVERY,
      );
      timer.unref();
    },
    isStalled: () => performance.now() - heardAt > STALLED_AFTER,
    lagSeconds: () => (performance.now() - heardAt) / 1000,
    async close() {
      clearInterval(timer);
      await beats.deleteOne({ _id: instanceId }, { writeConcern: { w: 1 } }).catch(() => undefined);
    },
  };
}
