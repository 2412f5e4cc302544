// Transactions: concerns, conflicts, unknown commit results, the deadline; and guards against write skew.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { takeGuard } from '../../../server/src/database/guards.ts';
import { inTransaction } from '../../../server/src/database/transaction.ts';
import { AppError } from '../../../server/src/errors.ts';
import { type OwnDatabase, openDatabase, startRelay } from './open-database.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'), { monitorCommands: true });
});
afterAll(() => database.drop());

interface Account {
  _id: ObjectId;
  balance: number;
}

const accounts = () => database.db.collection<Account>('accounts');

describe('inTransaction', () => {
  test('commits what work wrote and returns what it returned, with majority and snapshot concerns', async () => {
    const commands: { name: string; command: Record<string, unknown> }[] = [];
    const listen = (event: { commandName: string; command: Record<string, unknown> }) => {
      commands.push({ name: event.commandName, command: event.command });
    };
    database.client.on('commandStarted', listen);
    const id = new ObjectId();
    const answer = await inTransaction(database, async (tx) => {
      await accounts().insertOne({ _id: id, balance: 1 }, { session: tx });
      return 'done';
    });
    database.client.off('commandStarted', listen);
    expect(answer).toBe('done');
    expect(await accounts().findOne({ _id: id })).toEqual({ _id: id, balance: 1 });
    expect(commands.find(({ name }) => name === 'insert')?.command).toMatchObject({
      readConcern: { level: 'snapshot' },
    });
    expect(commands.find(({ name }) => name === 'commitTransaction')?.command).toMatchObject({
      writeConcern: { w: 'majority' },
      maxTimeMS: database.timeoutMs,
    });
  });

  test('an error of work aborts and passes through as it is', async () => {
    const id = new ObjectId();
    const refusal = new AppError('PERMISSION_DENIED', { permission: 'role:MANAGE' });
    const act = inTransaction(database, async (tx) => {
      await accounts().insertOne({ _id: id, balance: 1 }, { session: tx });
      throw refusal;
    });
    await expect(act).rejects.toBe(refusal);
    expect(await accounts().findOne({ _id: id })).toBeNull();
  });

  test('a work that reads and writes nothing, or fails before its first command, is fine', async () => {
    await expect(inTransaction(database, async () => 7)).resolves.toBe(7);
    await expect(inTransaction(database, () => Promise.reject(new Error('early')))).rejects.toThrow('early');
  });

  test('thirty transactions on one document all happen, one after the other', async () => {
    const id = new ObjectId();
    await accounts().insertOne({ _id: id, balance: 0 });
    await Promise.all(
      Array.from({ length: 30 }, () =>
        inTransaction(database, async (tx) => {
          const account = await accounts().findOne({ _id: id }, { session: tx });
          await accounts().updateOne({ _id: id }, { $set: { balance: (account?.balance ?? 0) + 1 } }, { session: tx });
        }),
      ),
    );
    expect((await accounts().findOne({ _id: id }))?.balance).toBe(30);
  });

  test('a conflict that does not end is given up at the deadline', async () => {
    const id = new ObjectId();
    await accounts().insertOne({ _id: id, balance: 0 });
    const impatient = { ...database, timeoutMs: 300 };
    let tries = 0;
    const blocker = database.client.startSession();
    blocker.startTransaction();
    await accounts().updateOne({ _id: id }, { $inc: { balance: 1 } }, { session: blocker });
    const act = inTransaction(impatient, async (tx) => {
      tries++;
      await accounts().updateOne({ _id: id }, { $inc: { balance: 1 } }, { session: tx });
    });
    await expect(act).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', details: { retryAfter: 1 } });
    expect(tries).toBeGreaterThan(1);
    await blocker.abortTransaction();
    await blocker.endSession();
  });

  test('a commit whose answer was lost is repeated and happens once', async () => {
    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { database: database.db.databaseName, monitorCommands: true });
    const id = new ObjectId();
    await accounts().insertOne({ _id: id, balance: 0 });
    let commits = 0;
    let works = 0;
    remote.client.on('commandStarted', (event) => {
      if (event.commandName !== 'commitTransaction') return;
      // The driver itself tries twice; the third try is ours.
      if (++commits <= 2) relay.loseNextAnswer();
    });
    await inTransaction(remote, async (tx) => {
      works++;
      await remote.db.collection<Account>('accounts').updateOne({ _id: id }, { $inc: { balance: 1 } }, { session: tx });
    });
    expect((await accounts().findOne({ _id: id }))?.balance).toBe(1);
    expect({ works, commits }).toEqual({ works: 1, commits: 3 });
    await remote.close();
  });

  test('a connection lost half way starts the work over', async () => {
    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { database: database.db.databaseName });
    const id = new ObjectId();
    let works = 0;
    await inTransaction(remote, async (tx) => {
      const copies = remote.db.collection<Account>('accounts');
      await copies.insertOne({ _id: id, balance: 0 }, { session: tx });
      if (++works === 1) relay.loseNextAnswer();
      await copies.updateOne({ _id: id }, { $inc: { balance: 1 } }, { session: tx });
    });
    expect(works).toBe(2);
    expect((await accounts().findOne({ _id: id }))?.balance).toBe(1);
    await remote.close();
  });

  test('a database that stays away ends the commit at the deadline, not after 120 s', async () => {
    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { timeout: 600, max_query_time: 200 });
    const lost: unknown[] = [];
    const act = inTransaction(remote, async (tx) => {
      await remote.db.collection('things').insertOne({}, { session: tx });
      lost.push(tx.id);
      relay.cut();
    });
    await expect(act).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    await remote.close();
    // The server would keep the transaction, and its locks, for a minute.
    await database.client.db('admin').command({ killSessions: lost });
  });
});

describe('takeGuard', () => {
  test('twenty at once count to twenty, also when the guard does not exist yet', async () => {
    const counts = await Promise.all(
      Array.from({ length: 20 }, () => inTransaction(database, (tx) => takeGuard(database, tx, 'fresh'))),
    );
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test('keeps a rule over two documents that snapshot reads alone would break', async () => {
    const offices = database.db.collection<{ _id: string; held: boolean }>('offices');
    await offices.insertMany([
      { _id: 'a', held: true },
      { _id: 'b', held: true },
    ]);
    const resign = (id: string) =>
      inTransaction(database, async (tx) => {
        await takeGuard(database, tx, 'last-holder');
        if ((await offices.countDocuments({ held: true }, { session: tx })) < 2) return 'refused';
        await offices.updateOne({ _id: id }, { $set: { held: false } }, { session: tx });
        return 'resigned';
      });
    expect((await Promise.all([resign('a'), resign('b')])).toSorted()).toEqual(['refused', 'resigned']);
    expect(await offices.countDocuments({ held: true })).toBe(1);
  });

  test('an aborted transaction gives its guard back', async () => {
    const failed = inTransaction(database, async (tx) => {
      await takeGuard(database, tx, 'returned');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await inTransaction(database, (tx) => takeGuard(database, tx, 'returned'))).toBe(1);
  });
});
