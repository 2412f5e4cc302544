// The revocation feed: what takes force from tokens that services verify on their own, in order, with cursors.
import type { RevocationBatch, RevocationRecord } from '@authcenter/shared/schemas';
import { createSignals } from './signals.ts';

/** A change without its place in the feed. */
export type Revocation = RevocationRecord extends infer Each
  ? Each extends RevocationRecord
    ? Omit<Each, 'cursor' | 'at'>
    : never
  : never;

export interface Feed {
  note(revocation: Revocation): void;
  /** What came after a cursor; all that counts (`reset`) without one of this feed's. */
  read(cursor: string | undefined): Promise<RevocationBatch>;
  /** The present state, each change, and at least every five seconds a sign of life. */
  follow(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<RevocationBatch, void>;
}

const HEARTBEAT = 5_000;
const FORM = /^[0-9a-f]{16}-0{6}$/;
const toCursor = (position: number): string => `${position.toString(16).padStart(16, '0')}-000000`;

/** @param listAll - everything that counts at this moment */
export function createFeed(now: () => Date, listAll: () => Promise<readonly Revocation[]>): Feed {
  const signals = createSignals();
  const records: RevocationRecord[] = [];

  async function read(cursor: string | undefined): Promise<RevocationBatch> {
    const [at, tail] = [now(), toCursor(records.length)];
    if (cursor === undefined || !FORM.test(cursor) || cursor > tail) {
      const all = await listAll();
      return { cursor: tail, at, reset: true, records: all.map((one) => ({ ...one, cursor: tail, at })) };
    }
    return { cursor: tail, at, reset: false, records: records.slice(Number.parseInt(cursor.slice(0, 16), 16)) };
  }

  return {
    note(revocation) {
      records.push({ ...revocation, cursor: toCursor(records.length + 1), at: now() });
      signals.emit();
    },
    read,
    async *follow(begin, signal) {
      let cursor = begin;
      while (!signal.aborted) {
        // Before it is read, so that nothing falls between.
        const since = signals.count;
        const batch = await read(cursor);
        yield batch;
        ({ cursor } = batch);
        await signals.next(since, HEARTBEAT, signal);
      }
    },
  };
}
