// Password hashing off the event loop: a queue, bounded by waiting time, in front of threads of its own.
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { hashSync } from '@node-rs/bcrypt';
import { AppError } from '../errors.ts';
import type { HashAnswer, HashJob } from './password-hash-threads.ts';
import { createHashThreads, startHashWorker } from './password-hash-threads.ts';

/**
 * `bcrypt-sha384`: reduced with SHA-384 and base64 first, because bcrypt reads 72 bytes only. `bcrypt-foreign`: taken over from a
 * system that let bcrypt cut the password; compared as it did, and renewed at the next sign-in.
 */
export type PasswordScheme = 'bcrypt' | 'bcrypt-sha384' | 'bcrypt-foreign';

export interface PasswordHash {
  hash: string;
  scheme: PasswordScheme;
}

export interface PasswordVerdict {
  ok: boolean;
  /** The password is right, and its hash of lower cost than configured, or foreign. */
  needsRehash: boolean;
}

export interface PasswordHasher {
  /**
   * Takes a place in the queue, good for one hash or one comparison.
   * @param signal drops the job while it waits, so that a caller who went away costs no hash
   * @throws AppError OVERLOADED when a new job would wait longer than `maxWait`
   */
  reserve(signal?: AbortSignal): HashSlot;
  /** `depth`: places taken by jobs that do not run yet. */
  stats(): { depth: number; running: number; estimatedWaitMs: number };
  /** Refuses what waits, lets what runs come to its end, ends the threads. */
  close(): Promise<void>;
}

export interface HashSlot {
  /** At the configured cost. */
  hash(password: string): Promise<PasswordHash>;
  /** Null stands for an unknown user: it costs what a wrong password costs. */
  verify(password: string, stored: PasswordHash | null): Promise<PasswordVerdict>;
  /** Gives an unused place back; may be called at any time, any number of times. */
  release(): void;
}

export interface PasswordHasherOptions {
  cost: number;
  workers: number | 'auto';
  /** Milliseconds. */
  maxWait: number;
  /** Starts one thread; for tests that end threads. */
  startWorker?: () => Worker;
}

/** Callers told to come back later than this would give up. */
const maxRetryAfterMs = 60_000;

export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { cost, maxWait, startWorker = startHashWorker } = options;
  const size = options.workers === 'auto' ? availableParallelism() : options.workers;
  /** In order of arrival. */
  const waiting = new Set<{ start(): void; refuse(error: Error): void }>();
  let reserved = 0;
  let closed = false;
  // A guess until hashes have been timed, then a moving average of real times.
  let averageMs = guessHashTime(cost);
  let isTimed = false;
  /** Until when the places that become free are spoken for, by callers who were told to come back then. */
  let promisedUntil = 0;

  const threads = createHashThreads({
    size,
    startWorker,
    onFree(elapsedMs) {
      if (elapsedMs !== undefined) averageMs = isTimed ? averageMs * 0.8 + elapsedMs * 0.2 : elapsedMs;
      isTimed ||= elapsedMs !== undefined;
      startWaiting();
    },
  });

  function startWaiting(): void {
    for (const job of waiting) {
      if (!threads.hasRoom()) return;
      waiting.delete(job);
      job.start();
    }
  }

  /** How long a job that comes now would wait for a thread. */
  function estimateWait(): number {
    const ahead = reserved + waiting.size + threads.running();
    return ahead < size ? 0 : ((ahead - size + 1) * averageMs) / size;
  }

  /** Spreads refused callers over the time in which places become free, so that they do not all come back at once. */
  function refuse(waitMs: number): never {
    const now = performance.now();
    const next = Math.max(promisedUntil, now + waitMs - maxWait) + averageMs / size;
    promisedUntil = Math.min(next, now + maxRetryAfterMs);
    throw new AppError('OVERLOADED', { retryAfter: Math.max(1, Math.ceil((promisedUntil - now) / 1000)) });
  }

  function reserve(signal?: AbortSignal): HashSlot {
    if (signal?.aborted) throw abortError();
    if (closed) throw closedError();
    const waitMs = estimateWait();
    if (waitMs > maxWait) refuse(waitMs);
    reserved += 1;
    let isFree = true;

    const release = (): void => {
      if (!isFree) return;
      isFree = false;
      reserved -= 1;
      signal?.removeEventListener('abort', release);
    };
    signal?.addEventListener('abort', release);

    async function submit<T extends HashAnswer>(job: HashJob): Promise<T> {
      if (signal?.aborted) throw abortError();
      if (closed) throw closedError();
      if (!isFree) throw new Error('A place in the hashing queue is good for one job');
      release();
      const answer = await waitAndRun(job, signal);
      if ('error' in answer) throw new Error(answer.error);
      return answer as T;
    }

    return {
      hash: (password) => submit<PasswordHash>({ kind: 'hash', password, cost }),
      verify: (password, stored) => submit<PasswordVerdict>({ kind: 'verify', password, stored, cost }),
      release,
    };
  }

  function waitAndRun(job: HashJob, signal: AbortSignal | undefined): Promise<HashAnswer> {
    return new Promise((resolve, reject) => {
      const drop = () => {
        waiting.delete(entry);
        reject(abortError());
      };
      const entry = {
        start: () => {
          signal?.removeEventListener('abort', drop);
          threads.run(job).then(resolve, reject);
        },
        refuse: reject,
      };
      signal?.addEventListener('abort', drop);
      waiting.add(entry);
      startWaiting();
    });
  }

  async function close(): Promise<void> {
    closed = true;
    for (const job of waiting) job.refuse(closedError());
    waiting.clear();
    await threads.close();
  }

  return {
    reserve,
    stats: () => ({ depth: reserved + waiting.size, running: threads.running(), estimatedWaitMs: estimateWait() }),
    close,
  };
}

/** The quickest of a few cheap hashes (about 2 ms each), scaled up: each step of the cost doubles the work. */
function guessHashTime(cost: number): number {
  const cheapCost = 5;
  const times = [1, 2, 3].map(() => {
    const start = performance.now();
    hashSync('password', { cost: cheapCost });
    return performance.now() - start;
  });
  return Math.min(...times) * 2 ** (cost - cheapCost);
}

function abortError(): DOMException {
  return new DOMException('The caller went away', 'AbortError');
}

/** Shutting down: another instance, or this one started anew, can take the job at once. */
function closedError(): AppError {
  return new AppError('OVERLOADED', { retryAfter: 1 });
}
