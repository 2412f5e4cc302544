// Idempotency-Key: the same call again gets the same answer. The record commits with the act, so a crash leaves both or neither.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Ctx } from '../context.ts';
import type { Database } from '../database/client.ts';
import { duplicateKey } from '../database/errors.ts';
import type { Tx } from '../database/transaction.ts';
import { fail } from '../errors.ts';

const KEPT_FOR = 24 * 3_600_000;
const LONGEST_KEY = 255;

export const IdempotencyDocument = z.object({
  _id: z.string(),
  /** SHA-256 of the input. */
  body: z.string(),
  answer: z.unknown(),
  expires_at: z.date(),
});
export type IdempotencyDocument = z.output<typeof IdempotencyDocument>;

export const idempotencyCollection = {
  name: 'idempotency',
  schema: IdempotencyDocument,
  indexes: [{ key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 }],
};

export function createIdempotencyRepository(database: Database) {
  const records = database.db.collection<IdempotencyDocument>(idempotencyCollection.name);
  return {
    /** The database deletes what has expired a while later. */
    find: (id: string, now: Date) =>
      records.findOne({ _id: id, expires_at: { $gt: now } }, { maxTimeMS: database.maxTimeMs }),
    /** Takes the place of an expired record; of one that counts it is a duplicate. */
    async insert({ _id, ...record }: IdempotencyDocument, now: Date, tx: Tx): Promise<void> {
      await records.replaceOne({ _id, expires_at: { $lte: now } }, record, { upsert: true, session: tx });
    },
  };
}
export type IdempotencyRepository = ReturnType<typeof createIdempotencyRepository>;

const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/**
 * Runs a creating act in one transaction, once per caller, procedure and key. A second call that comes while the first still
 * runs waits for it: their transactions conflict, and the one that is tried again finds the record.
 *
 * @param work - must be safe to run again, as in every transaction
 * @throws AppError IDEMPOTENCY_CONFLICT when the key was used with another input
 */
export async function transactOnce<T>(
  ctx: Ctx<'transact' | 'idempotency' | 'clock'>,
  procedure: string,
  input: unknown,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { idempotencyKey } = ctx.request;
  if (idempotencyKey === null) return ctx.transact(work);
  if (idempotencyKey.length > LONGEST_KEY)
    fail('VALIDATION_FAILED', {
      errors: [{ path: 'Idempotency-Key', message: `must be at most ${LONGEST_KEY} characters` }],
    });
  const { caller } = ctx;
  const id = digest(caller.kind, caller.kind === 'api_key' ? caller.keyId : caller.id, procedure, idempotencyKey);
  const body = digest(JSON.stringify(input));
  const replay = async (): Promise<{ answer: T } | null> => {
    const record = await ctx.idempotency.find(id, ctx.clock.now());
    if (!record) return null;
    if (record.body !== body) fail('IDEMPOTENCY_CONFLICT');
    return { answer: record.answer as T };
  };
  const known = await replay();
  if (known) return known.answer;
  try {
    return await ctx.transact(async (tx) => {
      const answer = await work(tx);
      const now = ctx.clock.now();
      await ctx.idempotency.insert({ _id: id, body, answer, expires_at: new Date(now.getTime() + KEPT_FOR) }, now, tx);
      return answer;
    });
  } catch (error) {
    // The other call may have been first in either write: its record decides.
    const first = duplicateKey(error) === null && !isConflict(error) ? null : await replay();
    if (first) return first.answer;
    throw error;
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ALREADY_EXISTS';
