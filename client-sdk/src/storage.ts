// Where a session is kept between two loads of a page or two starts of a process.
import { parseRecord, type SessionRecord } from './record.ts';

/**
 * A place of one's own for the session: any key-value store, synchronous or not. It holds the refresh token: guard it as a password.
 * Tabs and processes that share one are signed in together.
 *
 * @example
 * import { createAuthCenter, type SessionStorage } from '@authcenter/client';
 *
 * const files = new Map<string, string>();
 * const storage: SessionStorage = {
 *   get: async (key) => files.get(key) ?? null,
 *   set: async (key, value) => void files.set(key, value),
 *   remove: async (key) => void files.delete(key),
 * };
 * createAuthCenter({ url: 'https://auth.example.com', storage });
 */
export interface SessionStorage {
  /** @param key - constant per server · @returns what `set` was given; null or undefined when there is nothing */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** @param value - JSON, about 2 KB */
  set(key: string, value: string): unknown;
  remove(key: string): unknown;
}

export interface RecordStore {
  /** Undefined: this store has no say (it keeps nothing, or failed), what is in memory stands. */
  read(): Promise<SessionRecord | null | undefined>;
  write(record: SessionRecord | null): Promise<void>;
}

/** Keeps nothing: the record in memory is all there is. */
export const memoryStore: RecordStore = { read: async () => undefined, write: async () => {} };

/** One act after the other, so that a slow `set` never lands after the `remove` that followed it. */
export function createRecordStore(storage: SessionStorage, key: string): RecordStore {
  let last: Promise<unknown> = Promise.resolve();
  let broken = false;
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = last.then(act);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    read: () =>
      inTurn(async () => {
        if (broken) return undefined;
        try {
          return parseRecord(await storage.get(key));
        } catch {
          return undefined;
        }
      }),
    write: (record) =>
      inTurn(async () => {
        try {
          await (record ? storage.set(key, JSON.stringify(record)) : storage.remove(key));
          broken = false;
        } catch {
          // A full or forbidden storage leaves the session in memory; what it still holds is out of date.
          broken = true;
        }
      }),
  };
}
