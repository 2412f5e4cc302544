// The revocation feed: what the change stream told lately, in an order that is the same on every instance, for services that verify
// tokens on their own. Positions are cluster times, so that a cursor of one instance is good at every other.
import type { RevocationBatch, RevocationRecord } from '@authcenter/shared';
import { createSignals } from '../signals.ts';

/** A change without its place in the feed. */
export type Revocation = RevocationRecord extends infer Each
  ? Each extends RevocationRecord
    ? Omit<Each, 'cursor' | 'at'>
    : never
  : never;

export interface RevocationFeed {
  /**
   * What came after a cursor; all there is (`reset`) where the cursor is older than what is kept, or is none.
   *
   * @returns at most `MOST_AT_ONCE` records unless it is a reset
   */
  read(cursor: string | undefined): RevocationBatch;
  /** Waits for news, at most so many ms. */
  watch(signal: AbortSignal): { next(ms: number): Promise<void>; close(): void };
}

export interface RevocationLog extends RevocationFeed {
  /** @param position - the change's cluster time, as text that sorts */
  note(position: string, revocation: Revocation): void;
  /** The stream was heard at that position. */
  hear(position: string): void;
  /** Changes may have been missed: no cursor from before is good. */
  forget(): void;
}

export interface RevocationLogOptions {
  /** Everything that counts at this moment. */
  readonly listAll: () => readonly Revocation[];
  /** How long a record is kept, in ms: the life of what it makes void. */
  readonly keptFor: number;
  readonly now: () => Date;
}

/** Of a burst (all sessions of a company) readers are told in batches. */
const MOST_AT_ONCE = 1_000;
const MOST_KEPT = 200_000;
/** News are told together that come within this time, in ms: a thousand readers are not woken for each of a thousand changes. */
const GATHERED_FOR = 50;
const NEWS = 'news';

/** Sorts before every position. */
const NOWHERE = '';

export function createRevocationLog({ listAll, keptFor, now }: RevocationLogOptions): RevocationLog {
  const signals = createSignals();
  let records: RevocationRecord[] = [];
  /** Cursors from here on are good; null while none is. */
  let floor: string | null = null;
  let tail = NOWHERE;
  let position = NOWHERE;
  let within = 0;
  let heardAt = now();
  let _gathering: NodeJS.Timeout | undefined;

  function moveTo(next: string): void {
    within = next === position ? within + 1 : 0;
    position = next;
    // Several changes of one transaction have one cluster time, and one order on every instance.
    tail = `${next}-${within.toString(16).padStart(6, '0')}`;
    heardAt = now();
    floor ??= tail;
  }

  function prune(): void {
    const before = heardAt.getTime() - keptFor;
    const stays = records.findIndex(({ at }) => at.getTime() >= before);
    const surplus = Math.max(stays === -1 ? records.length : stays, records.length - MOST_KEPT);
    if (surplus <= 0) return;
    floor = records[surplus - 1]?.cursor ?? floor;
    records = records.slice(surplus);
  }

  const tellAll = (): RevocationBatch => ({
    cursor: tail,
    at: heardAt,
    reset: true,
    records: listAll().map((revocation) => ({ ...revocation, cursor: tail, at: heardAt })),
  });

  return {
    note(next, revocation) {
      moveTo(next);
      records.push({ ...revocation, cursor: tail, at: heardAt });
      _gathering ??= setTimeout(() => {
        _gathering = undefined;
        signals.emit(NEWS);
      }, GATHERED_FOR).unref();
    },
    hear(next) {
      moveTo(next);
      prune();
    },
    forget() {
      records = [];
      floor = null;
    },
    read(cursor) {
      if (cursor === undefined || floor === null || cursor < floor) return tellAll();
      if (cursor > tail) return isAhead(cursor, tail) ? { cursor, at: heardAt, reset: false, records: [] } : tellAll();
      const fresh = recordsAfter(records, cursor).slice(0, MOST_AT_ONCE);
      const isLast = fresh.length < MOST_AT_ONCE;
      return { cursor: isLast ? tail : (fresh.at(-1)?.cursor ?? tail), at: heardAt, reset: false, records: fresh };
    },
    watch: (signal) => signals.watch(NEWS, signal),
  };
}

/** How far one instance may have heard more than another, in seconds. */
const AHEAD = 60;

/** Given by an instance that has heard more: what comes after it is still to come here. */
const isAhead = (cursor: string, tail: string): boolean => {
  const seconds = (text: string) => Number.parseInt(text.slice(0, 8), 16);
  return FORM.test(cursor) && seconds(cursor) - seconds(tail) <= AHEAD;
};

const FORM = /^[0-9a-f]{16}-[0-9a-f]{6}$/;

/** They stand in order: the first beyond the cursor is found by halving. */
function recordsAfter(records: readonly RevocationRecord[], cursor: string): readonly RevocationRecord[] {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle] as RevocationRecord).cursor <= cursor) low = middle + 1;
    else high = middle;
  }
  return records.slice(low);
}
