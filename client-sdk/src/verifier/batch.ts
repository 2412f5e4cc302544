// A batch of the revocation feed, read from its JSON. Kinds of records that a later server may add are passed over.
import type { RouterOutputs } from '../router.ts';

type Feed = RouterOutputs['auth']['revocations'];
type Wire = Feed extends AsyncIterable<infer Each> ? Each : never;
/** Without what only the feed as a whole is read by. */
type Without<Each> = Each extends unknown ? Omit<Each, 'cursor' | 'at'> : never;

/** One thing that has changed. */
export type Revocation = Without<Wire['records'][number]>;

export interface Batch {
  readonly cursor: string;
  /** When the server last heard of changes, in milliseconds of its own clock. */
  readonly at: number;
  /** The records are all there is. */
  readonly reset: boolean;
  readonly records: readonly Revocation[];
}

/** @throws Error when it is none */
export function readBatch(data: string): Batch {
  const { cursor, at, reset, records } = JSON.parse(data) as Partial<Record<keyof Wire, unknown>>;
  const heardAt = Date.parse(String(at));
  if (typeof cursor !== 'string' || Number.isNaN(heardAt) || !Array.isArray(records))
    throw new Error('the feed does not speak as an AuthCenter does');
  return { cursor, at: heardAt, reset: reset === true, records: records as Revocation[] };
}
