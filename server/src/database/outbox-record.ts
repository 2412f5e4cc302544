// The records of the outbox: their form, and the indexes that find the due ones and those of one source.
import type { Document, IndexDescription } from 'mongodb';
import { z } from 'zod';
import { objectId } from './json-schema.ts';

export const OUTBOX = 'outbox';

export const OutboxSchema = z.object({
  _id: objectId(),
  /** Names the handler. */
  kind: z.string(),
  payload: z.record(z.string(), z.unknown()),
  created_at: z.date(),
  /** Not before. */
  available_at: z.date(),
  /** Those that failed. */
  attempts: z.int(),
  lease: z.object({ owner: z.string(), until: z.date() }).nullable(),
  last_error: z.string().nullable(),
  /** When it was given up; a parked record is kept for a person to look at. */
  parked_at: z.date().nullable(),
  /** The document it tells of, such as `role:<id>`: records of one source are handled one after the other. */
  source: z.string().optional(),
  /** Its number among those of its source, in the order of the transactions that wrote them. */
  turn: z.int().optional(),
  /** There while an older record of its source is unfinished. */
  waits: z.boolean().optional(),
});

export interface OutboxRecord extends z.output<typeof OutboxSchema> {
  payload: Document;
}

export const OUTBOX_INDEXES: IndexDescription[] = [
  // The search for the oldest due record, and the one for parked ones.
  { key: { parked_at: 1, waits: 1, available_at: 1 }, name: 'due' },
  { key: { source: 1, turn: 1 }, name: 'turns', partialFilterExpression: { source: { $exists: true } } },
];
