// The outbox: what is to happen outside the database, written in the transaction that decided it.
import { type Document, ObjectId } from 'mongodb';
import type { Database } from './client.ts';
import { OUTBOX, type OutboxRecord } from './outbox-record.ts';
import type { Tx } from './transaction.ts';

export { OUTBOX, OUTBOX_INDEXES, type OutboxRecord, OutboxSchema } from './outbox-record.ts';
export { type OutboxHandler, type OutboxWorker, type OutboxWorkerOptions, startOutboxWorker } from './outbox-worker.ts';

export interface NewOutboxRecord {
  readonly kind: string;
  readonly payload: Document;
}

/**
 * Adds a record; it is handled after the transaction has been committed, at least once.
 *
 * @param tx - the transaction of the act; absent where nothing else is written
 */
export async function enqueue(
  database: Database,
  tx: Tx | undefined,
  { kind, payload }: NewOutboxRecord,
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
  };
  await database.db.collection<OutboxRecord>(OUTBOX).insertOne(record, { ...(tx && { session: tx }) });
}
