// Waiting until what was ordered is done, whichever instance does it.
import { expect, vi } from 'vitest';
import { OUTBOX } from '../../server/src/database/outbox.ts';
import type { TestServer } from './server.ts';
import { soon } from './soon.ts';

/** Resolves when nothing that is due waits, or is in anybody's hand. */
export async function settleOutbox({ deps }: Pick<TestServer, 'deps'>): Promise<void> {
  const records = deps.database.db.collection(OUTBOX);
  await vi.waitFor(async () => {
    await deps.outbox.idle();
    const due = { parked_at: null, waits: null, available_at: { $lte: deps.clock.now() } };
    expect(await records.countDocuments(due)).toBe(0);
  }, soon);
}
