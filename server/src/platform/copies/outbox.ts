// Copies by way of the outbox: queued in the transaction that changes the source, made true by a worker afterwards.
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import { enqueue, type OutboxHandler } from '../../database/outbox.ts';
import type { Tx } from '../../database/transaction.ts';
import { COPIES, type CopyName } from './table.ts';

/** The outbox's name of these records. */
export const COPY = 'copy';

/** Documents changed at once. */
const BATCH = 1_000;

export interface CopyJob {
  readonly copy: CopyName;
  /** The id of the document that changed. */
  readonly source: string;
}

const Payload = z.object({ copy: z.enum(Object.keys(COPIES) as [CopyName]), source: z.string() });

export const sourceOf = ({ copy, source }: CopyJob): string => `${COPIES[copy].of}:${source}`;

export const enqueueCopy = (database: Database, tx: Tx, job: CopyJob, now: Date): Promise<void> =>
  enqueue(database, tx, { kind: COPY, payload: { ...job }, source: sourceOf(job) }, now);

/**
 * The record tells only where to look; what is copied is what the source says by then. It is done when a look finds nothing that
 * differs: so it bears to be broken off anywhere, done twice, and done by two at once. Who wrote an old name, having been away
 * for longer than a lease lasts, finds what differs in the next look, though the record is another's by then.
 */
export const copyHandler =
  (database: Database, onCopied: (copies: number) => void = () => undefined): OutboxHandler =>
  async (payload) => {
    const { copy, source } = Payload.parse(payload);
    for (;;) {
      const copied = await COPIES[copy].copyBatch(database, source, BATCH);
      if (copied === 0) return;
      onCopied(copied);
    }
  };
