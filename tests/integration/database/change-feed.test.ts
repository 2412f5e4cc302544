// The change feed: open when it says so, in order, nothing missed over cuts, anew when it has to be.
import {
  type ChangeStreamOptions,
  type Document,
  MongoOperationTimeoutError,
  MongoServerError,
  ObjectId,
} from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { type ChangeFeedOptions, type FeedChange, openChangeFeed } from '../../../server/src/database/change-feed.ts';
import type { Database } from '../../../server/src/database/client.ts';
import { silentLog } from '../../../server/src/database/log.ts';
import { startTestMongod } from '../../support/mongod.ts';
import { type OwnDatabase, openDatabase, startRelay } from './open-database.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'));
});
afterAll(() => database.drop());

/** ChangeStreamFatalError (an oplog that never held the token) and ChangeStreamHistoryLost. */
const TOKEN_LOST = [280, 286];
const patience = { timeout: 15_000, interval: 10 };

async function follow(collections: string[], overrides: Partial<ChangeFeedOptions> = {}, on: Database = database) {
  const changes: FeedChange[] = [];
  const onReset = vi.fn<() => Promise<void>>(async () => {});
  const feed = await openChangeFeed(on, {
    collections,
    onChange: (change) => {
      changes.push(change);
    },
    onReset,
    log: silentLog,
    ...overrides,
  });
  onTestFinished(() => feed.close());
  return { feed, changes, onReset, ids: () => changes.map((change) => change.id) };
}

/** The oplog cannot be made to forget on demand, so an event's token is made as old as the beginning of time. */
async function makeLostToken({ db }: OwnDatabase): Promise<{ _data: string }> {
  const stream = db.watch();
  try {
    // Opens it.
    await stream.tryNext();
    await db.collection('forgotten').insertOne({ n: 0 });
    const { _data } = (await stream.next())._id as { _data: string };
    return { _data: _data.replace(/^82.{16}/, `82${'00000001'.repeat(2)}`) };
  } finally {
    await stream.close();
  }
}

describe('openChangeFeed', () => {
  test('brings inserts, updates, replacements and deletions of its collections in order, and of no others', async () => {
    const { changes } = await follow(['first', 'second']);
    const id = new ObjectId();
    const first = database.db.collection('first');
    await first.insertOne({ _id: id, a: 1 });
    await database.db.collection('other').insertOne({});
    await first.updateOne({ _id: id }, { $set: { a: 2, 'b.c': 3 } });
    await database.db.collection<{ _id: string }>('second').insertOne({ _id: 'text' });
    await first.replaceOne({ _id: id }, { a: 4 });
    await first.deleteOne({ _id: id });
    await vi.waitFor(() => expect(changes).toHaveLength(5), patience);
    expect(changes).toMatchObject([
      { collection: 'first', operation: 'insert', id, fullDocument: { a: 1 } },
      { collection: 'first', operation: 'update', id, updatedFields: { a: 2, b: { c: 3 } } },
      { collection: 'second', operation: 'insert', id: 'text' },
      { collection: 'first', operation: 'replace', id, fullDocument: { a: 4 } },
      { collection: 'first', operation: 'delete', id },
    ]);
    expect(changes.every(({ at }) => at instanceof Date)).toBe(true);
    expect(changes[1]).not.toHaveProperty('fullDocument');
  });

  test('is open when it resolves: what is written right after it arrives, eight times over', async () => {
    const feeds = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { ids } = await follow(['opening']);
        const { insertedId } = await database.db.collection('opening').insertOne({});
        return { ids, insertedId };
      }),
    );
    await vi.waitFor(() => {
      for (const { ids, insertedId } of feeds) expect(ids()).toContainEqual(insertedId);
    }, patience);
  });

  test('stages of the caller keep secrets in the database; dotted fields can be picked', async () => {
    const only = ['is_revoked', 'security.token_epoch'];
    const fields = { $objectToArray: { $ifNull: ['$updateDescription.updatedFields', {}] } };
    const project: Document[] = [
      {
        $project: {
          operationType: 1,
          ns: 1,
          documentKey: 1,
          wallTime: 1,
          'fullDocument.security.token_epoch': 1,
          'updateDescription.updatedFields': {
            $arrayToObject: { $filter: { input: fields, as: 'field', cond: { $in: ['$$field.k', only] } } },
          },
        },
      },
    ];
    const { changes } = await follow(['secrets'], { project });
    const secrets = database.db.collection('secrets');
    const { insertedId } = await secrets.insertOne({
      password_hash: 'x',
      security: { token_epoch: 1, two_factor: 'y' },
    });
    await secrets.updateOne(
      { _id: insertedId },
      { $set: { password_hash: 'z', 'security.token_epoch': 2, 'security.two_factor': 'w' } },
    );
    await vi.waitFor(() => expect(changes).toHaveLength(2), patience);
    expect(changes[0]?.fullDocument).toEqual({ security: { token_epoch: 1 } });
    expect(changes[1]?.updatedFields).toEqual({ 'security.token_epoch': 2 });
  });

  test('looks whole documents up when asked', async () => {
    const { changes } = await follow(['whole'], { fullDocument: 'updateLookup' });
    const { insertedId } = await database.db.collection('whole').insertOne({ a: 1 });
    await database.db.collection('whole').updateOne({ _id: insertedId }, { $set: { b: 2 } });
    await vi.waitFor(() => expect(changes[1]?.fullDocument).toEqual({ _id: insertedId, a: 1, b: 2 }), patience);
  });

  test('a slow handler gets one change at a time', async () => {
    let running = 0;
    let most = 0;
    const done: unknown[] = [];
    await follow(['slow'], {
      onChange: async (change) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done.push(change.fullDocument?.['n']);
      },
    });
    await database.db.collection('slow').insertMany(Array.from({ length: 50 }, (_, n) => ({ n })));
    await vi.waitFor(() => expect(done).toHaveLength(50), patience);
    expect(done).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(most).toBe(1);
  });

  test('what is written while the connection is cut arrives after it, once and in order', async () => {
    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { database: database.db.databaseName, timeout: 300 });
    onTestFinished(() => remote.close());
    const { changes, onReset, feed } = await follow(['cut'], {}, remote);
    const cut = database.db.collection('cut');
    for (let round = 0; round < 3; round++) {
      await cut.insertOne({ n: round * 2 });
      relay.cut();
      await cut.insertOne({ n: round * 2 + 1 });
      await expect(remote.ping()).rejects.toThrow();
      relay.mend();
      await vi.waitFor(() => expect(changes).toHaveLength(round * 2 + 2), patience);
    }
    expect(changes.map((change) => change.fullDocument?.['n'])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(onReset).not.toHaveBeenCalled();
    await feed.close();
  });

  test('a cursor that the server killed is followed by another', async () => {
    const { changes, onReset } = await follow(['killed']);
    const killed = database.db.collection('killed');
    await killed.insertOne({ n: 1 });
    await vi.waitFor(() => expect(changes).toHaveLength(1), patience);
    const admin = database.client.db('admin');
    const cursors = await admin
      .aggregate([
        { $currentOp: { allUsers: true, idleCursors: true } },
        { $match: { ns: `${database.db.databaseName}.$cmd.aggregate`, 'cursor.cursorId': { $exists: true } } },
      ])
      .toArray();
    await database.db.command({ killCursors: '$cmd.aggregate', cursors: cursors.map(({ cursor }) => cursor.cursorId) });
    await killed.insertOne({ n: 2 });
    await vi.waitFor(() => expect(changes).toHaveLength(2), patience);
    expect(cursors.length).toBeGreaterThan(0);
    expect(onReset).not.toHaveBeenCalled();
  });

  test('a change that cannot be handled leads to a reset, and the feed goes on after it', async () => {
    let broken = true;
    const seen: unknown[] = [];
    const { onReset } = await follow(['poison'], {
      onChange: ({ fullDocument }) => {
        if (fullDocument?.['poison'] && broken) throw new Error('cannot');
        seen.push(fullDocument?.['n']);
      },
    });
    const poison = database.db.collection('poison');
    await poison.insertOne({ poison: true });
    await vi.waitFor(() => expect(onReset).toHaveBeenCalledTimes(1), patience);
    broken = false;
    await poison.insertOne({ n: 1 });
    await vi.waitFor(() => expect(seen).toContain(1), patience);
    expect(onReset).toHaveBeenCalledTimes(1);
  });

  test('a reset that fails is tried again', async () => {
    let failures = 2;
    const onReset = vi.fn(async () => {
      if (failures-- > 0) throw new Error('cannot load');
    });
    const { changes } = await follow(['dropped'], { onReset });
    const dropped = database.db.collection('dropped');
    await dropped.insertOne({ n: 1 });
    await dropped.drop();
    await vi.waitFor(() => expect(onReset).toHaveBeenCalledTimes(3), patience);
    await dropped.insertOne({ n: 2 });
    await vi.waitFor(() => expect(changes.at(-1)?.fullDocument?.['n']).toBe(2), patience);
  });

  test('a dropped database ends the stream; the feed starts anew', async () => {
    const own = await openDatabase(inject('mongoUri'));
    onTestFinished(() => own.drop());
    const { changes, onReset } = await follow(['things'], {}, own);
    await own.db.collection('things').insertOne({ n: 1 });
    await vi.waitFor(() => expect(changes).toHaveLength(1), patience);
    await own.db.dropDatabase();
    await vi.waitFor(() => expect(onReset).toHaveBeenCalled(), patience);
    await own.db.collection('things').insertOne({ n: 2 });
    await vi.waitFor(() => expect(changes.at(-1)?.fullDocument?.['n']).toBe(2), patience);
  });

  test('a token that the server no longer takes leads to a reset', async () => {
    // A server of its own: through the long oplog of one that many use, the search for the token takes longer than a call may.
    const mongod = await startTestMongod();
    onTestFinished(() => mongod.stop());
    const relay = await startRelay(mongod.uri);
    const remote = await openDatabase(relay.uri, { timeout: 300 });
    onTestFinished(() => remote.close());
    const direct = await openDatabase(mongod.uri, { database: remote.db.databaseName });
    onTestFinished(() => direct.close());
    const codes: unknown[] = [];
    let interruptions = 0;
    const lost = await makeLostToken(direct);
    const watch = (pipeline: Document[], options: ChangeStreamOptions) =>
      remote.db.watch(pipeline, { ...options, ...(options.resumeAfter ? { resumeAfter: lost } : {}) });
    const warn = (fields: object) => {
      interruptions++;
      const error: unknown = Reflect.get(fields, 'error');
      if (error instanceof MongoServerError) codes.push(error.code);
    };
    const forgetful: Database = { ...remote, db: Object.create(remote.db, { watch: { value: watch } }) };
    const { changes, onReset } = await follow(['forgotten'], { log: { ...silentLog, warn } }, forgetful);
    const forgotten = direct.db.collection('forgotten');
    await forgotten.insertOne({ n: 1 });
    await vi.waitFor(() => expect(changes).toHaveLength(1), patience);
    relay.cut();
    // The driver takes a stream up again by itself, unless the server stays away for longer than it waits.
    await vi.waitFor(() => expect(interruptions).toBeGreaterThan(0), patience);
    relay.mend();
    await vi.waitFor(() => expect(onReset).toHaveBeenCalledTimes(1), patience);
    expect(codes).toHaveLength(1);
    expect(TOKEN_LOST).toContain(codes[0]);
    await forgotten.insertOne({ n: 2 });
    await vi.waitFor(() => expect(changes.at(-1)?.fullDocument?.['n']).toBe(2), patience);
  });

  test('a place that is never found again is given up: what was loaded is loaded anew', async () => {
    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { database: database.db.databaseName, timeout: 300 });
    onTestFinished(() => remote.close());
    const watch = (pipeline: Document[], options: ChangeStreamOptions) => {
      if (options.resumeAfter) throw new MongoOperationTimeoutError('timed out');
      return remote.db.watch(pipeline, options);
    };
    const slow: Database = { ...remote, db: Object.create(remote.db, { watch: { value: watch } }) };
    const warn = vi.fn();
    const { changes, onReset } = await follow(['searched'], { log: { ...silentLog, warn } }, slow);
    const searched = database.db.collection('searched');
    await searched.insertOne({ n: 1 });
    await vi.waitFor(() => expect(changes).toHaveLength(1), patience);
    relay.cut();
    await vi.waitFor(() => expect(warn).toHaveBeenCalled(), patience);
    relay.mend();
    await vi.waitFor(() => expect(onReset).toHaveBeenCalled(), patience);
    await searched.insertOne({ n: 2 });
    await vi.waitFor(() => expect(changes.at(-1)?.fullDocument?.['n']).toBe(2), patience);
  });

  test('close waits for the change in hand, and is quick also over a dead connection', async () => {
    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { database: database.db.databaseName });
    onTestFinished(() => remote.close());
    let finish = () => {};
    let finished = false;
    const { feed } = await follow(
      ['closing'],
      {
        onChange: async () => {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          finished = true;
        },
      },
      remote,
    );
    const before = finish;
    await database.db.collection('closing').insertOne({});
    await vi.waitFor(() => expect(finish).not.toBe(before), patience);
    relay.freeze();
    const closed = feed.close();
    finish();
    await closed;
    expect(finished).toBe(true);
    relay.mend();
  });

  test('an opening that fails is told to the caller', async () => {
    await expect(follow(['x'], { project: [{ $noSuchStage: {} }] })).rejects.toThrow('noSuchStage');
  });
});
