// The outbox: what is to happen outside the database, written in the transaction that decided it.
import { type Document, ObjectId } from 'mongodb';
import type { Database } from './client.ts';
import { OUTBOX, type OutboxRecord } from './outbox-record.ts';
import { takeTurn } from './outbox-turns.ts';
import type { Tx } from './transaction.ts';

export { OUTBOX, OUTBOX_INDEXES, type OutboxRecord, OutboxSchema } from './outbox-record.ts';
export { countParkedTurns, isInHand, listUnderWay, releaseParked } from './outbox-turns.ts';
export {
  joinWorkers,
  type OutboxHandler,
  type OutboxWorker,
  type OutboxWorkerOptions,
  startOutboxWorker,
} from './outbox-worker.ts';

export interface NewOutboxRecord {
  readonly kind: string;
  readonly payload: Document;
}

/** A record that keeps its place among those of one source. */
export interface NewSourcedRecord extends NewOutboxRecord {
  readonly source: string;
}

/**
 * Adds a record; it is handled after the transaction has been committed, at least once. Those of one source are handled
 * in the order of their transactions, which is told only inside one.
 *
 * @param tx - the transaction of the act; absent where nothing else is written
 */
export function enqueue(database: Database, tx: undefined, record: NewOutboxRecord, now: Date): Promise<void>;
export function enqueue(
  database: Database,
  tx: Tx | undefined,
  record: NewOutboxRecord & { readonly source?: never },
  now: Date,
): Promise<void>;
export function enqueue(database: Database, tx: Tx, record: NewSourcedRecord, now: Date): Promise<void>;
export async function enqueue(
  database: Database,
  tx: Tx | undefined,
  { kind, payload, source }: NewOutboxRecord & { readonly source?: string },
  now: Date,
): Promise<void> {
  const record: OutboxRecord = {
    _id: new ObjectId(),
    kind,
    payload,
    created_at: now,
    available_at: now,
    attempts: 0,
    lease: null,
    last_error: null,
    parked_at: null,
    ...(tx && source !== undefined && (await takeTurn(database, tx, source))),
  };
  await database.db.collection<OutboxRecord>(OUTBOX).insertOne(record, { ...(tx && { session: tx }) });
}
