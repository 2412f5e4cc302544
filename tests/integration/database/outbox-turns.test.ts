// Records of one source: handled one after the other in the order of their transactions, by whichever instance, and behind a parked one not at all.
import type { Document } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { guardsCollection } from '../../../server/src/database/guards.ts';
import { silentLog } from '../../../server/src/database/log.ts';
import { ensureCollection } from '../../../server/src/database/migrate.ts';
import {
  enqueue,
  OUTBOX,
  OUTBOX_INDEXES,
  type OutboxHandler,
  type OutboxRecord,
  OutboxSchema,
  type OutboxWorkerOptions,
  startOutboxWorker,
} from '../../../server/src/database/outbox.ts';
import { inTransaction } from '../../../server/src/database/transaction.ts';
import { type OwnDatabase, openDatabase, openSecond } from './open-database.ts';

const patience = { timeout: 15_000, interval: 10 };
const MINUTE = 60_000;

let database: OwnDatabase;
let time: number;
const clock = { now: () => new Date(time) };
const records = () => database.db.collection<OutboxRecord>(OUTBOX);
const guards = () => database.db.collection(guardsCollection.name);
const waiting = async () => (await records().find({ waits: true }).sort({ turn: 1 }).toArray()).map(({ turn }) => turn);

const add = (source: string, payload: Document) =>
  inTransaction(database, (tx) => enqueue(database, tx, { kind: 'copy', payload, source }, clock.now()));

beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'));
  await ensureCollection(database, OUTBOX, OutboxSchema, OUTBOX_INDEXES);
  await ensureCollection(database, guardsCollection.name, guardsCollection.schema, guardsCollection.indexes);
});
beforeEach(async () => {
  time = Date.UTC(2026, 0, 1);
  await records().deleteMany({});
  await guards().deleteMany({});
});
afterAll(() => database.drop());

function start(copy: OutboxHandler, options: Partial<OutboxWorkerOptions> = {}, on: OwnDatabase = database) {
  const worker = startOutboxWorker(on, {
    owner: 'here',
    handlers: { copy },
    clock,
    log: silentLog,
    pollMs: 3_600_000,
    ...options,
  });
  onTestFinished(() => worker.close());
  return worker;
}

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

describe('records of one source', () => {
  test('are begun when the one before is finished, whatever the clock says, and leave nothing behind', async () => {
    await add('role:1', { n: 1 });
    // The next one is written by an instance whose clock is behind.
    time -= MINUTE;
    await add('role:1', { n: 2 });
    time += 2 * MINUTE;
    expect(await waiting()).toEqual([2]);
    const slow = gate();
    const handled: unknown[] = [];
    const worker = start(
      async ({ n }) => {
        handled.push(n);
        if (n === 1) await slow.promise;
      },
      { concurrency: 4 },
    );
    await vi.waitFor(() => expect(handled).toEqual([1]), patience);
    const other = start(async ({ n }) => void handled.push(n), { owner: 'there' });
    await other.idle();
    expect(handled).toEqual([1]);
    slow.open();
    await vi.waitFor(async () => expect(await records().countDocuments()).toBe(0), patience);
    await worker.idle();
    expect(handled).toEqual([1, 2]);
    expect(await guards().countDocuments()).toBe(0);
  });

  test('those of other sources, and those of none, go by', async () => {
    await add('role:1', { n: 1 });
    await add('role:1', { n: 2 });
    await add('role:2', { n: 3 });
    await enqueue(database, undefined, { kind: 'copy', payload: { n: 4 } }, clock.now());
    const slow = gate();
    const handled: unknown[] = [];
    start(
      async ({ n }) => {
        if (n === 1) await slow.promise;
        handled.push(n);
      },
      { concurrency: 2 },
    );
    await vi.waitFor(() => expect(handled.toSorted()).toEqual([3, 4]), patience);
    slow.open();
    await vi.waitFor(() => expect(handled.slice(2)).toEqual([1, 2]), patience);
  });

  test('those written at once over two sources are handled by three instances in the order of their commits', async () => {
    const counters = database.db.collection<{ _id: string; n: number }>('counters');
    await counters.insertMany([
      { _id: 'role:1', n: 0 },
      { _id: 'role:2', n: 0 },
    ]);
    const change = (source: string) =>
      inTransaction(database, async (tx) => {
        const counted = await counters.findOneAndUpdate(
          { _id: source },
          { $inc: { n: 1 } },
          { session: tx, returnDocument: 'after' },
        );
        await enqueue(database, tx, { kind: 'copy', payload: { source, n: counted?.n }, source }, clock.now());
      });
    const handled: Document[] = [];
    const inHand = new Set<string>();
    const workers = await Promise.all(
      Array.from({ length: 3 }, async (_, index) => {
        const instance = await openSecond(database, inject('mongoUri'));
        const handler: OutboxHandler = async ({ source, n }) => {
          expect(inHand.has(source)).toBe(false);
          inHand.add(source);
          await instance.ping();
          handled.push({ source, n });
          inHand.delete(source);
        };
        return start(handler, { owner: `w${index}`, concurrency: 3, pollMs: 10 }, instance);
      }),
    );
    const write = async (source: string) => {
      for (let n = 0; n < 5; n++) await change(source);
    };
    await Promise.all(['role:1', 'role:2', 'role:1', 'role:2', 'role:1', 'role:2'].map(write));
    await vi.waitFor(async () => expect(await records().countDocuments()).toBe(0), patience);
    await Promise.all(workers.map((worker) => worker.close()));
    for (const source of ['role:1', 'role:2'])
      expect(handled.filter((one) => one['source'] === source).map(({ n }) => n)).toEqual(
        Array.from({ length: 15 }, (_, n) => n + 1),
      );
    expect(await guards().countDocuments()).toBe(0);
  });

  test('wait behind one that fails, and behind one that is parked; other sources do not', async () => {
    await add('role:1', { bad: true });
    await add('role:1', { bad: false });
    await add('role:2', { bad: false });
    const handled: unknown[] = [];
    const error = vi.fn();
    const worker = start(
      async ({ bad }, { source }) => {
        if (bad) throw new Error('refused');
        handled.push(source);
      },
      { log: { ...silentLog, error } },
    );
    for (let attempt = 0; attempt < 12; attempt++) {
      await worker.idle();
      time += 11 * MINUTE;
    }
    expect(handled).toEqual(['role:2']);
    expect(error).toHaveBeenCalledTimes(1);
    expect([await worker.countParked(), await worker.lag(), await waiting()]).toEqual([1, 0, [2]]);
    await add('role:1', { bad: false });
    await worker.idle();
    expect(handled).toEqual(['role:2']);
    expect(await waiting()).toEqual([2, 3]);
  });

  test('the head is taken over from a dead worker before the next one is begun', async () => {
    await add('role:1', { n: 1 });
    await add('role:1', { n: 2 });
    await records().updateOne({ turn: 1 }, { $set: { lease: { owner: 'dead/1', until: new Date(time + MINUTE) } } });
    const handled: unknown[] = [];
    const worker = start(async ({ n }) => void handled.push(n));
    await worker.idle();
    expect(handled).toEqual([]);
    time += MINUTE;
    await worker.idle();
    expect(handled).toEqual([1, 2]);
  });

  test('who has lost the lease lets nobody go before their turn', async () => {
    await add('role:1', { n: 1 });
    await add('role:1', { n: 2 });
    const begun = gate();
    const slow = gate();
    const worker = start(() => {
      begun.open();
      return slow.promise;
    });
    await begun.promise;
    const taken = { owner: 'there/2', until: new Date(time + MINUTE) };
    await records().updateOne({ turn: 1 }, { $set: { lease: taken } });
    slow.open();
    await worker.close();
    expect(await records().findOne({ turn: 1 })).toMatchObject({ lease: taken });
    expect(await waiting()).toEqual([2]);
  });
});

test('a record of a transaction that is given up takes no turn', async () => {
  await expect(
    inTransaction(database, async (tx) => {
      await enqueue(database, tx, { kind: 'copy', payload: {}, source: 'role:1' }, clock.now());
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await add('role:1', {});
  expect(await records().find().toArray()).toMatchObject([{ source: 'role:1', turn: 1 }]);
  expect(await waiting()).toEqual([]);
});

test('the search for those of a source is served by its index', async () => {
  for (let n = 0; n < 3; n++) await add('role:1', { n });
  const explained = await records().find({ source: 'role:1' }).sort({ turn: 1 }).limit(1).explain();
  const plan = JSON.stringify(explained['queryPlanner'].winningPlan);
  expect(plan).toContain('"turns"');
  expect(plan).not.toMatch(/COLLSCAN|"SORT"/);
});
