// The outbox: each record handled by one worker at a time, tried again with growing pauses, parked in the end, never lost.
import { type Document, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
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
const add = (payload: Document, kind = 'mail') => enqueue(database, undefined, { kind, payload }, clock.now());
const one = async (): Promise<OutboxRecord> => {
  const record = await records().findOne({});
  if (!record) throw new Error('the outbox is empty');
  return record;
};

beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'));
  await ensureCollection(database, OUTBOX, OutboxSchema, OUTBOX_INDEXES);
});
beforeEach(async () => {
  time = Date.UTC(2026, 0, 1);
  await records().deleteMany({});
});
afterAll(() => database.drop());

function start(mail: OutboxHandler, options: Partial<OutboxWorkerOptions> = {}, on: OwnDatabase = database) {
  // Found by wake() alone, so that the tests say when.
  const worker = startOutboxWorker(on, {
    owner: 'here',
    handlers: { mail },
    clock,
    log: silentLog,
    pollMs: 3_600_000,
    ...options,
  });
  onTestFinished(() => worker.close());
  return worker;
}

/** A promise that the test settles. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

describe('enqueue', () => {
  test('a record of a transaction is there when it commits, and not when it aborts', async () => {
    const act = (ok: boolean) =>
      inTransaction(database, async (tx) => {
        await enqueue(database, tx, { kind: 'mail', payload: { ok } }, clock.now());
        if (!ok) throw new Error('no');
      });
    await act(true);
    await expect(act(false)).rejects.toThrow('no');
    expect(await records().find().toArray()).toMatchObject([
      { kind: 'mail', payload: { ok: true }, attempts: 0, lease: null, last_error: null, parked_at: null },
    ]);
  });
});

describe('the worker', () => {
  test('handles what is due in order of time, and deletes it', async () => {
    await add({ n: 1 });
    time += 5;
    await add({ n: 2 });
    const handled: Document[] = [];
    const worker = start(async (payload, record) => {
      handled.push(payload);
      expect(record.lease?.owner).toMatch(/^here\//);
    });
    await worker.idle();
    expect(handled).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await records().countDocuments()).toBe(0);
  });

  test('wake finds a new record at once; polling finds it by itself', async () => {
    const handled: unknown[] = [];
    const handler: OutboxHandler = async ({ n }) => {
      handled.push(n);
    };
    const worker = start(handler);
    await worker.idle();
    await add({ n: 1 });
    worker.wake();
    await vi.waitFor(() => expect(handled).toEqual([1]), patience);
    await worker.close();
    start(handler, { pollMs: 20 });
    await add({ n: 2 });
    await vi.waitFor(() => expect(handled).toEqual([1, 2]), patience);
  });

  test('a record that is woken for while the last one is looked for is not overlooked', async () => {
    const worker = start(async () => {});
    for (let n = 0; n < 50; n++) {
      worker.wake();
      await add({ n });
      worker.wake();
    }
    await vi.waitFor(async () => expect(await records().countDocuments()).toBe(0), patience);
  });

  test('five workers at once handle two hundred records once each', async () => {
    const handled: number[] = [];
    await Promise.all(Array.from({ length: 200 }, (_, n) => add({ n })));
    const workers = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        const instance = await openSecond(database, inject('mongoUri'));
        const handler: OutboxHandler = async ({ n }) => {
          handled.push(n);
        };
        return startOutboxWorker(instance, {
          owner: `w${index}`,
          handlers: { mail: handler },
          clock,
          log: silentLog,
          concurrency: 2,
        });
      }),
    );
    await Promise.all(workers.map((worker) => worker.idle()));
    await Promise.all(workers.map((worker) => worker.close()));
    expect(handled.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(await records().countDocuments()).toBe(0);
  });

  test('a slow record holds up none that come after it, where several may be in hand', async () => {
    const { promise, open } = gate();
    const handled: unknown[] = [];
    const worker = start(
      async ({ n }) => {
        handled.push(n);
        if (n === 1) await promise;
      },
      { concurrency: 2 },
    );
    // Before the worker is closed: the last that was registered is done first.
    onTestFinished(() => open());
    for (const n of [1, 2, 3]) {
      await add({ n });
      worker.wake();
      await vi.waitFor(() => expect(handled).toContain(n), patience);
    }
  });

  test('a failure is noted and tried again after a pause that grows to ten minutes', async () => {
    await add({});
    let tries = 0;
    const worker = start(async () => {
      tries++;
      throw new Error(`refused ${'x'.repeat(1000)}`);
    });
    const pauses: number[] = [];
    for (let attempt = 1; attempt < 10; attempt++) {
      await worker.idle();
      const record = await one();
      expect(record).toMatchObject({ attempts: attempt, lease: null, parked_at: null });
      pauses.push(record.available_at.getTime() - time);
      time = record.available_at.getTime() - 1;
      await worker.idle();
      expect(tries).toBe(attempt);
      time += 1;
    }
    for (const [failures, pause] of pauses.entries()) {
      const longest = Math.min(1_000 * 2 ** failures, 10 * MINUTE);
      expect(pause).toBeGreaterThanOrEqual(longest / 2 - 1);
      expect(pause).toBeLessThanOrEqual(longest);
    }
    expect((await one()).last_error).toBe(`refused ${'x'.repeat(492)}`);
  });

  test('after ten failures a record is parked, told of, and left alone', async () => {
    await add({ to: 'a' });
    const error = vi.fn();
    let tries = 0;
    const worker = start(
      async () => {
        tries++;
        throw new Error('no such mailbox');
      },
      { log: { ...silentLog, error } },
    );
    for (let attempt = 0; attempt < 12; attempt++) {
      await worker.idle();
      time += 11 * MINUTE;
    }
    expect(tries).toBe(10);
    expect(await one()).toMatchObject({
      attempts: 10,
      last_error: 'no such mailbox',
      payload: { to: 'a' },
      parked_at: expect.any(Date),
    });
    expect(error).toHaveBeenCalledTimes(1);
    expect([await worker.countParked(), await worker.lag()]).toEqual([1, 0]);
  });

  test('a failing record does not hold the others up', async () => {
    await add({ bad: true });
    time += 1;
    await add({ bad: false });
    const handled: Document[] = [];
    const worker = start(async (payload) => {
      if (payload['bad']) throw new Error('bad');
      handled.push(payload);
    });
    await worker.idle();
    expect(handled).toEqual([{ bad: false }]);
  });

  test('records of kinds it does not know are left to others', async () => {
    await add({}, 'of-the-next-version');
    const worker = start(async () => {});
    await worker.idle();
    expect(await one()).toMatchObject({ kind: 'of-the-next-version', attempts: 0, lease: null });
  });

  test('what a dead worker had in hand is taken over when its lease is over, and counts as a failure', async () => {
    await add({});
    const lease = { owner: 'dead/1', until: new Date(time + MINUTE) };
    await records().updateOne({}, { $set: { lease } });
    let tries = 0;
    const worker = start(async () => {
      tries++;
    });
    await worker.idle();
    expect(tries).toBe(0);
    time += MINUTE;
    await worker.idle();
    expect(tries).toBe(1);
    expect(await records().countDocuments()).toBe(0);
  });

  test('a record that kills its workers is parked too', async () => {
    await add({});
    await records().updateOne({}, { $set: { attempts: 9, lease: { owner: 'dead/1', until: new Date(time) } } });
    let tries = 0;
    const worker = start(async () => {
      tries++;
    });
    await worker.idle();
    expect(tries).toBe(0);
    expect(await one()).toMatchObject({ parked_at: expect.any(Date), lease: null });
  });

  test('a long handler keeps its lease', async () => {
    await add({});
    const slow = gate();
    let seconds = 0;
    start(() => slow.promise, { leaseMs: 60 }).wake();
    await vi.waitFor(async () => expect((await one()).lease).not.toBeNull(), patience);
    const other = start(
      async () => {
        seconds++;
      },
      { owner: 'there' },
    );
    for (let step = 0; step < 5; step++) {
      time += 50;
      await vi.waitFor(async () => expect((await one()).lease?.until.getTime()).toBe(time + 60), patience);
      await other.idle();
    }
    expect(seconds).toBe(0);
    slow.open();
    await vi.waitFor(async () => expect(await records().countDocuments()).toBe(0), patience);
  });

  test('one that lost its lease leaves the record to its new holder', async () => {
    await add({});
    const slow = gate();
    const begun = gate();
    const warn = vi.fn();
    const handler = () => {
      begun.open();
      return slow.promise;
    };
    const worker = start(handler, { log: { ...silentLog, warn } });
    await begun.promise;
    const taken = { owner: 'there/2', until: new Date(time + MINUTE) };
    await records().updateOne({}, { $set: { lease: taken } });
    slow.open();
    await worker.close();
    expect(await one()).toMatchObject({ lease: taken, attempts: 0 });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('close finishes the record in hand and leaves the rest free', async () => {
    await add({ n: 1 });
    time += 1;
    await add({ n: 2 });
    const slow = gate();
    const begun = gate();
    const handled: unknown[] = [];
    const worker = start(async ({ n }) => {
      begun.open();
      await slow.promise;
      handled.push(n);
    });
    await begun.promise;
    const closed = worker.close();
    slow.open();
    await closed;
    expect(handled).toEqual([1]);
    expect(await one()).toMatchObject({ payload: { n: 2 }, lease: null });
    worker.wake();
    await worker.idle();
    expect(await records().countDocuments()).toBe(1);
  });

  test('tells how long the oldest due record has been waiting', async () => {
    const worker = start(async () => {});
    await worker.close();
    expect(await worker.lag()).toBe(0);
    await add({});
    time += 1_500;
    await add({});
    expect(await worker.lag()).toBe(1_500);
  });

  test('a database that is away is no end: the worker goes on when it is back', async () => {
    const warn = vi.fn();
    const gone = await openDatabase(inject('mongoUri'), { database: database.db.databaseName });
    await gone.close();
    const worker = start(async () => {}, { log: { ...silentLog, warn }, pollMs: 10 }, gone);
    await vi.waitFor(() => expect(warn.mock.calls.length).toBeGreaterThan(1), patience);
    await worker.close();
  });

  test('the search for a due record is served by its index', async () => {
    await records().insertMany(
      Array.from({ length: 100 }, (_, n) => ({
        _id: new ObjectId(),
        kind: 'mail',
        payload: {},
        created_at: clock.now(),
        available_at: new Date(time + n * 1000),
        attempts: 0,
        lease: null,
        last_error: null,
        parked_at: null,
        // Behind a parked record any number may be waiting.
        ...(n % 2 === 1 && { source: 'role:1', turn: n, waits: true }),
      })),
    );
    const due = {
      kind: { $in: ['mail'] },
      parked_at: null,
      waits: null as never,
      available_at: { $lte: clock.now() },
      $or: [{ lease: null }, { 'lease.until': { $lte: clock.now() } }],
    };
    const explained = await records().find(due).sort({ available_at: 1 }).limit(1).explain('executionStats');
    const plan = JSON.stringify(explained['queryPlanner'].winningPlan);
    expect(plan).toContain('IXSCAN');
    expect(plan).not.toContain('"SORT"');
    expect(explained['executionStats'].totalKeysExamined).toBeLessThanOrEqual(2);
  });
});
