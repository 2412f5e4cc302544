// The death of a primary under load: transactions go on without an error, and the change feed misses nothing.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openChangeFeed } from '../../../server/src/database/change-feed.ts';
import { silentLog } from '../../../server/src/database/log.ts';
import { inTransaction } from '../../../server/src/database/transaction.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/replica-set.ts';
import { type OwnDatabase, openDatabase } from './open-database.ts';

let set: ReplicaSet;
let database: OwnDatabase;
beforeAll(async () => {
  set = await startReplicaSet({ electionTimeoutMs: 1_000 });
  database = await openDatabase(set.uri, { timeout: 90_000 });
});
afterAll(async () => {
  await database.close();
  await set.stop();
});

test('no acknowledged transaction is lost or happens twice, and each is fed once', { timeout: 240_000 }, async () => {
  const entries = database.db.collection<{ n: number }>('entries');
  const counters = database.db.collection<{ _id: string; n: number }>('counters');
  await counters.insertOne({ _id: 'all', n: 0 });
  const fed: unknown[] = [];
  const onReset = vi.fn(async () => {});
  const feed = await openChangeFeed(database, {
    collections: ['entries'],
    onChange: ({ fullDocument }) => {
      fed.push(fullDocument?.['n']);
    },
    onReset,
    log: silentLog,
  });

  const acknowledged: number[] = [];
  let next = 0;
  let done = false;
  const writers = Array.from({ length: 4 }, async () => {
    while (!done) {
      const n = next++;
      await inTransaction(database, async (tx) => {
        await entries.insertOne({ n }, { session: tx });
        await counters.updateOne({ _id: 'all' }, { $inc: { n: 1 } }, { session: tx });
      });
      acknowledged.push(n);
    }
  });
  const patience = { timeout: 100_000, interval: 20 };
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), patience);
  await set.killPrimary();
  const before = acknowledged.length;
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 50), patience);
  done = true;
  await Promise.all(writers);

  const inOrder = (values: unknown[]) => values.map(Number).toSorted((a, b) => a - b);
  const stored = (await entries.find().toArray()).map(({ n }) => n);
  expect(inOrder(stored)).toEqual(inOrder(acknowledged));
  expect((await counters.findOne({ _id: 'all' }))?.n).toBe(acknowledged.length);
  await vi.waitFor(() => expect(fed.length).toBe(acknowledged.length), patience);
  expect(inOrder(fed)).toEqual(inOrder(acknowledged));
  expect(onReset).not.toHaveBeenCalled();
  await feed.close();
});
