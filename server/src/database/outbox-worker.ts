// The worker of the outbox: takes one due record after the other and hands it to the handler of its kind.
import type { Document } from 'mongodb';
import type { Database } from './client.ts';
import type { Log } from './log.ts';
import { isWornOut, type Lease, openOutboxQueue } from './outbox-queue.ts';
import type { OutboxRecord } from './outbox-record.ts';

/** Must bear to be called twice for one record: a worker may die between the effect and the note of it. */
export type OutboxHandler = (payload: Document, record: OutboxRecord) => Promise<void>;

export interface OutboxWorkerOptions {
  /** Names the instance in its leases. */
  readonly owner: string;
  /** By kind. */
  readonly handlers: Readonly<Record<string, OutboxHandler>>;
  readonly clock: { now(): Date };
  readonly log: Log;
  readonly pollMs?: number;
  /** After which another worker takes over what a dead one had begun; renewed while a handler runs. */
  readonly leaseMs?: number;
  /** How many records are in hand at once; 1 keeps them in order. */
  readonly concurrency?: number;
}

export interface OutboxWorker {
  /**
   * Looks for due records now, not at the next poll.
   *
   * @param kind - of the record that there is; another worker's is left to it
   */
  wake(kind?: string): void;
  /** Resolves when nothing is in hand here and nothing is due. */
  idle(): Promise<void>;
  /** Milliseconds for which the oldest due record has been waiting. */
  lag(): Promise<number>;
  countParked(): Promise<number>;
  /** Finishes what is in hand and takes nothing more. */
  close(): Promise<void>;
}

export function startOutboxWorker(database: Database, options: OutboxWorkerOptions): OutboxWorker {
  const { handlers, clock, log, pollMs = 1_000, leaseMs = 60_000, concurrency = 1 } = options;
  const queue = openOutboxQueue(database, {
    owner: options.owner,
    kinds: Object.keys(handlers),
    leaseMs,
    now: () => clock.now(),
  });
  let closed = false;
  let wakes = 0;
  const lanes = new Set<Promise<void>>();

  /** Each lane that finds something has another look for more, up to so many: an idle worker asks once. */
  const open = (): void => {
    if (closed || lanes.size >= concurrency) return;
    const lane = drain()
      .catch((error: unknown) => log.warn({ error }, 'the outbox cannot be read now'))
      .finally(() => lanes.delete(lane));
    lanes.add(lane);
  };

  const drain = async (): Promise<void> => {
    while (!closed) {
      const seen = wakes;
      const lease = await queue.lease();
      if (closed) return lease?.giveBack();
      if (lease) {
        open();
        await handleOne(lease);
      } else if (seen === wakes) return;
    }
  };

  const handleOne = async (lease: Lease): Promise<void> => {
    const { record } = lease;
    if (isWornOut(record)) return fail(lease, 'the worker ended each time while it was handling this record');
    const renewal = setInterval(() => {
      lease
        .renew()
        .catch((error: unknown) => log.warn({ error, kind: record.kind }, 'an outbox lease was not renewed'));
    }, leaseMs / 3);
    try {
      await handlers[record.kind]?.(record.payload, record);
    } catch (error) {
      clearInterval(renewal);
      return fail(lease, error instanceof Error ? error.message : String(error));
    } finally {
      clearInterval(renewal);
    }
    if (!(await lease.finish()))
      log.warn({ kind: record.kind, id: record._id }, 'an outbox lease was lost, the record may be handled twice');
  };

  const fail = async (lease: Lease, reason: string): Promise<void> => {
    const { kind, _id: id, attempts } = lease.record;
    const outcome = await lease.fail(reason);
    const fields = { kind, id, attempts: attempts + 1, reason };
    if (outcome === 'parked') log.error(fields, 'an outbox record is parked: it failed too often');
    else log.warn(fields, 'an outbox record failed and will be tried again');
  };

  const wake = (kind?: string): void => {
    if (kind !== undefined && !Object.hasOwn(handlers, kind)) return;
    wakes++;
    open();
  };

  const settle = async (): Promise<void> => {
    while (lanes.size > 0) await Promise.all(lanes);
  };

  const poll = setInterval(() => wake(), pollMs);
  poll.unref();
  wake();

  return {
    wake,
    idle: async () => {
      do {
        wake();
        await settle();
      } while (!closed && (await queue.hasDue()));
    },
    lag: queue.lag,
    countParked: queue.countParked,
    close: async () => {
      closed = true;
      clearInterval(poll);
      await settle();
    },
  };
}

/** Several workers as one: kinds that must not hold each other up have a worker each. */
export const joinWorkers = (workers: readonly OutboxWorker[]): OutboxWorker => ({
  wake: (kind) => {
    for (const worker of workers) worker.wake(kind);
  },
  idle: async () => {
    for (const worker of workers) await worker.idle();
  },
  lag: async () => Math.max(...(await Promise.all(workers.map((worker) => worker.lag())))),
  countParked: async () =>
    (await Promise.all(workers.map((worker) => worker.countParked()))).reduce((a, b) => a + b, 0),
  close: async () => {
    await Promise.all(workers.map((worker) => worker.close()));
  },
});
