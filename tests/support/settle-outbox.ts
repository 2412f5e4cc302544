// Waiting until what was ordered is done, whichever instance does it.
import { expect, vi } from 'vitest';
import { OUTBOX } from '../../server/src/database/outbox.ts';
import type { TestServer } from './server.ts';
import { soon } from './soon.ts';

/** Resolves when nothing is due, and no instance has anything in hand. */
export async function settleOutbox({ deps }: Pick<TestServer, 'deps'>): Promise<void> {
  const records = deps.database.db.collection(OUTBOX);
  await vi.waitFor(async () => {
    await deps.outbox.idle();
    expect(await records.countDocuments({ 'lease.until': { $gt: deps.clock.now() } })).toBe(0);
  }, soon);
}
