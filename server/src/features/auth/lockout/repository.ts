// login_attempts: one document per HMAC(identifier), so that one conditional update decides against both caps.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { duplicateKey } from '../../../database/errors.ts';
import type { Tx } from '../../../database/transaction.ts';
import { type LockoutState, NO_FAILURES } from './policy.ts';

export const LoginAttemptsDocument = z.object({
  _id: z.string(),
  version: z.int(),
  failures: z.int(),
  last_failure_at: z.date().nullable(),
  locked_until: z.date().nullable(),
  sources: z.array(
    z.object({ key: z.string(), failures: z.int(), last_failure_at: z.date(), locked_until: z.date().nullable() }),
  ),
  reservations: z.array(z.object({ id: z.string(), source: z.string(), at: z.date() })),
  expires_at: z.date(),
});
export type LoginAttemptsDocument = z.output<typeof LoginAttemptsDocument>;

export const loginAttemptsCollection = {
  name: 'login_attempts',
  schema: LoginAttemptsDocument,
  indexes: [{ key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 }],
};

/** One step of the policy; a null state leaves everything as it is. */
export interface Step<Result> {
  readonly state: LockoutState | null;
  readonly result: Result;
}

/** Contention on one identifier is bounded by the tries it allows; past this many lost races something else is wrong. */
const MAX_RACES = 1_000;

/** In ms; waiting is a courtesy: where the database keeps everybody waiting, the last must not wait for all before them. */
const LONGEST_TURN = 1_000;

/** Runs one work after the other for the same key, whatever becomes of each. */
function createTurns() {
  const last = new Map<string, Promise<void>>();
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key);
    const { promise: turn, resolve: end } = Promise.withResolvers<void>();
    last.set(key, turn);
    try {
      if (before !== undefined) await Promise.race([before, sleep(LONGEST_TURN, undefined, { ref: false })]);
      return await work();
    } finally {
      end();
      if (last.get(key) === turn) last.delete(key);
    }
  };
}

export function createLoginAttemptsRepository(database: Database, keepFor: () => number) {
  const attempts = database.db.collection<LoginAttemptsDocument>(loginAttemptsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const takeTurn = createTurns();

  async function replace(
    id: string,
    version: number | null,
    state: LockoutState,
    now: Date,
    tx?: Tx,
  ): Promise<boolean> {
    const fields = {
      failures: state.failures,
      last_failure_at: state.last_failure_at,
      locked_until: state.locked_until,
      sources: [...state.sources],
      reservations: [...state.reservations],
      expires_at: new Date(now.getTime() + 2 * keepFor()),
    };
    if (version === null) {
      try {
        await attempts.insertOne({ _id: id, version: 1, ...fields }, tx ? { session: tx } : {});
        return true;
      } catch (error) {
        if (duplicateKey(error) === null || tx) throw error;
        return false;
      }
    }
    const { matchedCount } = await attempts.updateOne(
      { _id: id, version },
      { $set: { ...fields, version: version + 1 } },
      { maxTimeMS, ...(tx ? { session: tx } : {}) },
    );
    return matchedCount === 1;
  }

  async function race<Result>(id: string, now: Date, step: (state: LockoutState) => Step<Result>, tx?: Tx) {
    for (let lost = 0; lost < MAX_RACES; lost++) {
      const document = await attempts.findOne({ _id: id }, { maxTimeMS, ...(tx ? { session: tx } : {}) });
      const { state, result } = step(document ?? NO_FAILURES);
      if (state === null || (await replace(id, document?.version ?? null, state, now, tx))) return result;
    }
    throw new Error('login_attempts: too many lost races on one identifier');
  }

  return {
    /**
     * Applies a step by compare-and-set on the document's version; lost races are run again on what the winner left. Those of
     * one instance do not race each other, or many guesses at once would cost the square of their number.
     */
    apply: <Result>(id: string, now: Date, step: (state: LockoutState) => Step<Result>, tx?: Tx): Promise<Result> =>
      tx ? race(id, now, step, tx) : takeTurn(id, () => race(id, now, step)),
    async remove(id: string, tx: Tx): Promise<void> {
      await attempts.deleteOne({ _id: id }, { maxTimeMS, session: tx });
    },
  };
}
export type LoginAttemptsRepository = ReturnType<typeof createLoginAttemptsRepository>;
