// The client: what it refuses at start, what it asks of the server, what it counts.

import { join } from 'node:path';
import { MongoServerError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { spawnMongod } from '../../../scripts/mongod/process.ts';
import { connectDatabase, maskUri } from '../../../server/src/database/client.ts';
import { DatabaseSetupError, duplicateKey, isDatabaseAway } from '../../../server/src/database/errors.ts';
import { findTestMongod, makeTestFolder } from '../../support/mongod.ts';
import { type OwnDatabase, openDatabase, startRelay } from './open-database.ts';

const options = {
  uri: inject('mongoUri'),
  database: 'unused',
  max_pool_size: 5,
  min_pool_size: 0,
  timeout: 300,
  max_query_time: 300,
};

let database: OwnDatabase;
beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'), { monitorCommands: true });
});
afterAll(() => database.drop());

const caught = async (act: Promise<unknown>): Promise<unknown> => act.then(() => undefined).catch((error) => error);

describe('start', () => {
  test('an unreachable database is named without its credentials, with a way to mend it', async () => {
    const error = await caught(
      connectDatabase({ ...options, uri: 'mongodb://root:s3cret@127.0.0.1:9/?replicaSet=rs0' }),
    );
    expect(error).toBeInstanceOf(DatabaseSetupError);
    expect(String(error)).toContain('mongodb://***@127.0.0.1:9/');
    expect(String(error)).toContain('MONGODB_URI');
    expect(String(error)).not.toContain('s3cret');
  });

  test('a mongod that is no replica set is refused, with the way to make it one', async () => {
    const folder = makeTestFolder();
    const dbPath = join(folder.path, 'db');
    const binary = await findTestMongod();
    const lone = await spawnMongod({ binary, dbPath, port: 0, replSet: 'never-initiated', cacheGb: 0.25 });
    folder.own(lone.pid, dbPath);
    onTestFinished(async () => {
      await lone.kill();
      folder.remove();
    });
    const uri = `mongodb://127.0.0.1:${lone.port}/?directConnection=true`;
    const error = await caught(connectDatabase({ ...options, uri, timeout: 5_000 }));
    expect(error).toBeInstanceOf(DatabaseSetupError);
    expect(String(error)).toContain('--replSet rs0');
  });

  test('a text that is no connection string is told as such', async () => {
    const error = await caught(connectDatabase({ ...options, uri: 'localhost:27017' }));
    expect(error).toBeInstanceOf(DatabaseSetupError);
    expect(String(error)).toContain('not a MongoDB connection string');
  });

  test('a password with an @ in it is masked whole', () => {
    expect(maskUri('mongodb://u:p@ss@db1,db2/?replicaSet=rs0')).toBe('mongodb://***@db1,db2/?replicaSet=rs0');
    expect(maskUri('mongodb://db1:27017/x')).toBe('mongodb://db1:27017/x');
  });
});

describe('at work', () => {
  test('answers a ping and counts its connections', async () => {
    await database.ping();
    expect(database.poolStats()).toMatchObject({ checkedOut: 0, waiting: 0 });
    expect(database.poolStats().size).toBeGreaterThan(0);
  });

  test('every write asks for the majority, bounded in time', async () => {
    const concerns: unknown[] = [];
    database.client.on('commandStarted', (event) => {
      if (event.commandName === 'insert') concerns.push(event.command['writeConcern']);
    });
    await database.db.collection('things').insertOne({ name: 'x' });
    expect(concerns).toEqual([{ w: 'majority', wtimeout: 10_000 }]);
  });
});

describe('errors', () => {
  test('duplicateKey names the first field of the index, for single and bulk writes and through findOneAndUpdate', async () => {
    const things = database.db.collection('unique_things');
    await things.createIndex({ 'identity.provider': 1, subject: 1 }, { unique: true });
    const thing = { identity: { provider: 'p' }, subject: 's' };
    await things.insertOne({ ...thing });
    expect(duplicateKey(await caught(things.insertOne({ ...thing })))).toBe('identity.provider');
    expect(duplicateKey(await caught(things.insertMany([{ ...thing }])))).toBe('identity.provider');
    await things.insertOne({ subject: 'other' });
    expect(duplicateKey(await caught(things.findOneAndUpdate({ subject: 'other' }, { $set: thing })))).toBe(
      'identity.provider',
    );
    const taken = await things.findOneAndDelete({ subject: 'other' });
    await things.insertOne({ ...taken, subject: 'again' });
    expect(duplicateKey(await caught(things.insertOne({ ...taken, subject: 'twice' })))).toBe('_id');
    expect(duplicateKey(new Error('E11000 duplicate key'))).toBeNull();
  });

  test('a query over its time, an unreachable server and a full pool are a database away', async () => {
    const things = database.db.collection('things');
    const slow = { $expr: { $function: { body: 'function () { sleep(2000); return true; }', args: [], lang: 'js' } } };
    expect(isDatabaseAway(await caught(things.find(slow, { maxTimeMS: 50 }).toArray()))).toBe(true);

    const relay = await startRelay(inject('mongoUri'));
    const remote = await openDatabase(relay.uri, { timeout: 400, max_pool_size: 1 });
    await remote.db.collection('things').insertOne({});
    const held = remote.db.collection('things').find(slow, { maxTimeMS: 1_500 }).toArray();
    const [waited, first] = await Promise.all([caught(remote.ping()), caught(held)]);
    expect(waited).toHaveProperty('name', 'MongoWaitQueueTimeoutError');
    expect(isDatabaseAway(waited)).toBe(true);
    expect(first === undefined || isDatabaseAway(first)).toBe(true);

    relay.cut();
    expect(isDatabaseAway(await caught(remote.ping()))).toBe(true);
    expect(isDatabaseAway(await caught(remote.db.collection('things').insertOne({})))).toBe(true);
    await remote.close();
    expect(isDatabaseAway(await caught(remote.ping()))).toBe(true);
  });

  test('a silent connection ends by the socket timeout', async () => {
    const relay = await startRelay(inject('mongoUri'));
    // The longest socket wait is max(timeout, max_query_time + 5 s).
    const remote = await openDatabase(relay.uri, { timeout: 500, max_query_time: -4_500 });
    relay.freeze();
    expect(isDatabaseAway(await caught(remote.db.collection('things').insertOne({})))).toBe(true);
    relay.mend();
    await remote.close();
  });

  test('a write that the server says may be sent again is, whatever its code', () => {
    const failure = { message: 'No keys found for HMAC that is valid for time', code: 211 };
    expect(isDatabaseAway(new MongoServerError({ ...failure, errorLabels: ['RetryableWriteError'] }))).toBe(true);
    expect(isDatabaseAway(new MongoServerError(failure))).toBe(false);
  });

  test('errors of the program are not', async () => {
    expect(isDatabaseAway(await caught(database.db.command({ noSuchCommand: 1 })))).toBe(false);
    expect(isDatabaseAway(new Error('socket hang up'))).toBe(false);
    expect(isDatabaseAway(null)).toBe(false);
  });
});
