// The outbox as a queue: leasing the oldest due record, and the ways in which a lease ends.
import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { Database } from './client.ts';
import { OUTBOX, type OutboxRecord } from './outbox-record.ts';
import { passTurn } from './outbox-turns.ts';

const MAX_ATTEMPTS = 10;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 600_000;
const LONGEST_ERROR = 500;

/** Of each source the oldest, and what has no source. Null finds what is absent. */
const IN_TURN = null as unknown as false;

export interface Lease {
  readonly record: OutboxRecord;
  /** False when the lease was lost: another worker may have the record. */
  renew(): Promise<boolean>;
  finish(): Promise<boolean>;
  /** Puts the record off; tells whether it is given up for good. */
  fail(reason: string): Promise<'delayed' | 'parked'>;
  giveBack(): Promise<void>;
}

export interface OutboxQueue {
  /** The oldest due record, or null when there is none. */
  lease(): Promise<Lease | null>;
  hasDue(): Promise<boolean>;
  /** Milliseconds for which the oldest due record has been waiting. */
  lag(): Promise<number>;
  countParked(): Promise<number>;
}

export interface QueueOptions {
  readonly owner: string;
  /** Records of other kinds are left to the instances that know them. */
  readonly kinds: readonly string[];
  readonly leaseMs: number;
  readonly now: () => Date;
}

export function openOutboxQueue(database: Database, { owner, kinds, leaseMs, now }: QueueOptions): OutboxQueue {
  const records = database.db.collection<OutboxRecord>(OUTBOX);
  const bounded = { maxTimeMS: database.maxTimeMs };
  const leaseEnd = () => new Date(now().getTime() + leaseMs);

  const isDue = (at: Date): Filter<OutboxRecord> => ({
    kind: { $in: [...kinds] },
    parked_at: null,
    waits: IN_TURN,
    available_at: { $lte: at },
    $or: [{ lease: null }, { 'lease.until': { $lte: at } }],
  });

  const lease = async (): Promise<Lease | null> => {
    // A name of its own for each lease, so that one which ended unnoticed cannot act on the record any more.
    const holder = `${owner}/${randomUUID()}`;
    const record = await records.findOneAndUpdate(
      isDue(now()),
      [
        {
          $set: {
            // A lease that ran out is a failure too, or a record that kills its worker would be tried for ever.
            attempts: { $cond: [{ $eq: ['$lease', null] }, '$attempts', { $add: ['$attempts', 1] }] },
            lease: { owner: { $literal: holder }, until: leaseEnd() },
          },
        },
      ],
      { sort: { available_at: 1 }, returnDocument: 'after', ...bounded },
    );
    return record && hold(record, holder);
  };

  const hold = (record: OutboxRecord, holder: string): Lease => {
    const mine: Filter<OutboxRecord> = { _id: record._id, 'lease.owner': holder };
    return {
      record,
      renew: async () => (await records.updateOne(mine, { $set: { 'lease.until': leaseEnd() } })).matchedCount === 1,
      finish: async () =>
        record.source === undefined
          ? (await records.deleteOne(mine)).deletedCount === 1
          : passTurn(database, mine, record.source),
      giveBack: async () => {
        await records.updateOne(mine, { $set: { lease: null } });
      },
      fail: async (reason) => {
        const attempts = record.attempts + 1;
        const parked = attempts >= MAX_ATTEMPTS;
        await records.updateOne(mine, {
          $set: {
            attempts,
            lease: null,
            last_error: reason.slice(0, LONGEST_ERROR),
            available_at: new Date(now().getTime() + backoff(record.attempts)),
            ...(parked && { parked_at: now() }),
          },
        });
        return parked ? 'parked' : 'delayed';
      },
    };
  };

  return {
    lease,
    hasDue: async () => (await records.findOne(isDue(now()), { projection: { _id: 1 }, ...bounded })) !== null,
    lag: async () => {
      const at = now();
      const waiting = {
        kind: { $in: [...kinds] },
        parked_at: null,
        waits: IN_TURN,
        available_at: { $lte: at },
      };
      const oldest = await records.findOne(waiting, {
        sort: { available_at: 1 },
        projection: { available_at: 1 },
        ...bounded,
      });
      return oldest ? at.getTime() - oldest.available_at.getTime() : 0;
    },
    countParked: () => records.countDocuments({ kind: { $in: [...kinds] }, parked_at: { $gt: new Date(0) } }, bounded),
  };
}

const backoff = (failures: number): number =>
  Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS) * (0.5 + Math.random() / 2);

/** Whether a record was begun and not ended as often as it may be, and is not to be begun again. */
export const isWornOut = (record: OutboxRecord): boolean => record.attempts >= MAX_ATTEMPTS;
