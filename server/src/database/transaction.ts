// Transactions with a deadline: majority writes, snapshot reads, transient failures tried again.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, MongoError, MongoNetworkError, type TransactionOptions } from 'mongodb';
import { AppError } from '../errors.ts';
import type { Database } from './client.ts';
import { isDatabaseAway } from './errors.ts';

export type Tx = ClientSession;

const FIRST_BACKOFF_MS = 5;
const LONGEST_BACKOFF_MS = 500;
const MAX_TIME_MS_EXPIRED = 50;

/**
 * Runs `work` in one transaction and commits it; `work` may run several times, so it has no effect outside the database.
 * What `work` throws aborts the transaction and is passed on unchanged. An error of the database that `work` catches has
 * aborted it too: it must throw something of its own then, or the commit fails and all of it is tried again.
 *
 * The loop is the one of the driver's `withTransaction`, which cannot be used: it goes on for 120 s whatever it is told,
 * also while it repeats a commit whose result is unknown, where a callback cannot stop it.
 *
 * @throws AppError DEPENDENCY_UNAVAILABLE when it could not be committed within the database's timeout
 */
export async function inTransaction<T>(database: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  const deadline = performance.now() + database.timeoutMs;
  const tx = database.client.startSession();
  try {
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) await pause(attempt, deadline);
      const planned: (() => void)[] = [];
      effects.set(tx, planned);
      tx.startTransaction(transactionOptions(database.timeoutMs));
      const outcome = await attemptOnce(tx, work, deadline);
      if (outcome === 'again') continue;
      for (const effect of planned) effect();
      return outcome.value;
    }
  } finally {
    await tx.endSession();
  }
}

const effects = new WeakMap<Tx, (() => void)[]>();

/** Plans an effect in this process (a table written through, a log line) for the moment the transaction is committed; forgotten when it is not. */
export function afterCommit(tx: Tx, effect: () => void): void {
  effects.get(tx)?.push(effect);
}

// A transaction takes neither concern from its collections. https://www.mongodb.com/docs/manual/core/transactions/
const transactionOptions = (timeoutMs: number): TransactionOptions => ({
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', wtimeoutMS: timeoutMs },
  readPreference: 'primary',
  maxCommitTimeMS: timeoutMs,
});

async function attemptOnce<T>(tx: Tx, work: (tx: Tx) => Promise<T>, deadline: number): Promise<{ value: T } | 'again'> {
  let value: T;
  try {
    value = await work(tx);
  } catch (error) {
    if (tx.inTransaction()) await tx.abortTransaction();
    // The driver labels no error of a connection that the pool had already written off.
    if (hasLabel(error, 'TransientTransactionError') || error instanceof MongoNetworkError) return 'again';
    throw error;
  }
  return (await commit(tx, deadline)) ? { value } : 'again';
}

/** True when committed, false when the whole transaction has to be done again. */
async function commit(tx: Tx, deadline: number): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0) await pause(attempt, deadline);
    try {
      await tx.commitTransaction();
      return true;
    } catch (error) {
      if (hasLabel(error, 'TransientTransactionError')) return false;
      if (isExpired(error)) throw unavailable();
      // A commit may be repeated: the server knows the transaction by its number. The driver labels a lost answer, but
      // not that no server could be found for its own second try.
      if (hasLabel(error, 'UnknownTransactionCommitResult') || isDatabaseAway(error)) continue;
      throw error;
    }
  }
}

async function pause(attempt: number, deadline: number): Promise<void> {
  const ms = Math.random() * Math.min(FIRST_BACKOFF_MS * 1.5 ** attempt, LONGEST_BACKOFF_MS);
  if (performance.now() + ms >= deadline) throw unavailable();
  await sleep(ms);
}

const unavailable = (): AppError => new AppError('DEPENDENCY_UNAVAILABLE', { retryAfter: 1 });
const hasLabel = (error: unknown, label: string): boolean => error instanceof MongoError && error.hasErrorLabel(label);
const isExpired = (error: unknown): boolean => error instanceof MongoError && error.code === MAX_TIME_MS_EXPIRED;
