// The records of the outbox: their form, and the index that finds the due ones.
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
});

export interface OutboxRecord extends z.output<typeof OutboxSchema> {
  payload: Document;
}

/** Serves the search for the oldest due record, and the one for parked ones. */
export const OUTBOX_INDEXES: IndexDescription[] = [{ key: { parked_at: 1, available_at: 1 } }];
