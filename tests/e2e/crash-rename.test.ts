// `kill -9` of the server at every step of a rename of a role that 10,000 users hold: after the restart every copy is true, and nothing else has changed.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type Collection, type Document, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { OutboxRecord } from '../../server/src/database/outbox.ts';
import { callRest, signInAdministrator } from '../support/crash-load.ts';
import { type RunningMongod, startTestMongod } from '../support/mongod.ts';
import { createInstallation, type Installation } from '../support/server-process.ts';

const HOLDERS = 10_000;
/** Copied at once. */
const BATCH = 1_000;
/** Seconds for which the database goes on holding what a dead client had open; a minute elsewhere. */
const HELD = 20;
const LIMIT = { timeout: 240_000 };
const patience = { timeout: 120_000, interval: 300 };

const databaseName = `rename_${randomBytes(6).toString('hex')}`;
let mongod: RunningMongod;
let client: MongoClient;
let server: Installation;
let second: Installation;
let roleId: string;
let holders: ObjectId[];
let before: string;

const collection = <T extends Document = Document>(name: string): Collection<T> =>
  client.db(databaseName).collection<T>(name);
const records = () => collection<OutboxRecord>('outbox');
const guard = () => ({ _id: `outbox:role:${roleId}` }) as Document;

beforeAll(async () => {
  mongod = await startTestMongod();
  client = await new MongoClient(mongod.uri).connect();
  await client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: HELD });
  const env = {
    AUTHCENTER__MONGODB__DATABASE: databaseName,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  server = await createInstallation({ mongoUri: mongod.uri, env });
  second = await createInstallation({ mongoUri: mongod.uri, env });
  await server.start();
  const token = await signInAdministrator(server.url);
  const { body } = await callRest(server.url, 'POST', '/roles', {
    token,
    body: { name: '审核员', display_name: '审核员', level: 1 },
  });
  roleId = body.id;
  holders = await insertHolders('审核员');
  before = await readAllButNames();
}, 240_000);
afterAll(async () => {
  await server.stop();
  await second.stop();
  await client.close();
  await mongod.stop();
});

async function insertHolders(roleName: string): Promise<ObjectId[]> {
  const { _id, ...admin } = (await collection('users').findOne({ 'roles.role_name': 'Admin' })) ?? {};
  const { email: _email, password_hash: _hash, ...fields } = admin as Document;
  const grant = { role_id: new ObjectId(roleId), role_name: roleName, granted_by: null, granted_at: new Date(0) };
  const user = await collection('roles').findOne({ name: 'User' });
  const users = Array.from({ length: HOLDERS }, (_, index) => ({
    ...fields,
    _id: new ObjectId(),
    username: `holder_${index}`,
    roles: [
      { ...grant, role_id: user?._id, role_name: 'User', expires_at: null },
      { ...grant, expires_at: null },
    ],
  }));
  await collection('users').insertMany(users);
  return users.map((one) => one._id);
}

/** The holders as text, without the copies. */
async function readAllButNames(): Promise<string> {
  const held = await collection('users')
    .find({ _id: { $in: holders } }, { projection: { 'roles.role_name': 0 }, sort: { _id: 1 } })
    .toArray();
  return JSON.stringify(held);
}

async function countNames(): Promise<Record<string, number>> {
  const role_id = new ObjectId(roleId);
  const counted = await collection('users')
    .aggregate([
      { $match: { 'roles.role_id': role_id } },
      { $unwind: '$roles' },
      { $match: { 'roles.role_id': role_id } },
      { $group: { _id: '$roles.role_name', n: { $sum: 1 } } },
    ])
    .toArray();
  return Object.fromEntries(counted.map(({ _id, n }) => [_id, n]));
}

const readName = async (): Promise<string> =>
  (await collection('roles').findOne({ _id: new ObjectId(roleId) }))?.['name'];
const countAudited = () => collection('audit_logs').countDocuments({ act: 'rbac.role_updated', 'target.id': roleId });

/**
 * A rename by the newest version of the role; the answer may be lost with the server. What a killed one had open goes on being
 * held by the database for a while: until then the answer is to try again, which is done.
 */
async function rename(at: Installation, name: string): Promise<number | 'lost'> {
  try {
    const token = await signInAdministrator(at.url);
    for (;;) {
      const { body } = await callRest(at.url, 'GET', `/roles/${roleId}`, { token });
      const change = { name, version: body.version };
      const { status } = await callRest(at.url, 'PUT', `/roles/${roleId}`, { token, body: change });
      if (status !== 503) return status;
      await sleep(300);
    }
  } catch {
    return 'lost';
  }
}

/** Holds a document as a transaction does that has not ended: whoever is to write it gets no further. */
async function hold(name: string, filter: Document): Promise<{ release(): Promise<void> }> {
  const session: ClientSession = client.startSession();
  session.startTransaction();
  await collection(name).updateOne(
    filter,
    { $set: { held: true }, $setOnInsert: { taken: 1 } },
    { session, upsert: true },
  );
  return {
    async release() {
      await session.abortTransaction();
      await session.endSession();
    },
  };
}

const holdHolder = (index: number) => hold('users', { _id: holders[index] });
const reach = (name: string, copied: number) =>
  vi.waitFor(async () => expect((await countNames())[name] ?? 0).toBe(copied), patience);
const untilCommitted = (name: string) => vi.waitFor(async () => expect(await readName()).toBe(name), patience);

/** What the dead one had open ends, and what it had in hand is taken over when its lease is over: now. */
async function restart(): Promise<void> {
  await client.db('admin').command({ killAllSessions: [] });
  await records().updateMany({ lease: { $ne: null } }, { $set: { 'lease.until': new Date(0) } });
  await server.start();
}

async function expectTrue(name: string): Promise<void> {
  await vi.waitFor(async () => expect(await records().countDocuments({ source: `role:${roleId}` })).toBe(0), patience);
  expect(await readName()).toBe(name);
  expect(await countNames()).toEqual({ [name]: HOLDERS });
  expect(await readAllButNames()).toBe(before);
  expect(await collection('guards').countDocuments(guard())).toBe(0);
}

test('before the commit: it did not happen', LIMIT, async () => {
  const audited = await countAudited();
  const aborted = async () =>
    Number((await client.db('admin').command({ serverStatus: 1 }))['transactions'].totalAborted);
  // The last that the transaction writes before its audit record.
  const held = await hold('guards', guard());
  const known = await aborted();
  const answer = rename(server, '甲');
  await vi.waitFor(async () => expect(await aborted()).toBeGreaterThan(known), patience);
  await server.kill();
  await held.release();
  expect(await answer).toBe('lost');
  await restart();
  await expectTrue('审核员');
  expect(await countAudited()).toBe(audited);
});

test('after the commit, before the first batch', LIMIT, async () => {
  const audited = await countAudited();
  const held = await holdHolder(0);
  const answer = rename(server, '乙');
  await untilCommitted('乙');
  await answer;
  await vi.waitFor(async () => expect((await records().findOne({}))?.lease).not.toBeNull(), patience);
  expect(await countNames()).toEqual({ 审核员: HOLDERS });
  await server.kill();
  await held.release();
  await restart();
  await expectTrue('乙');
  expect(await countAudited()).toBe(audited + 1);
});

test('between two batches, and amid one', LIMIT, async () => {
  for (const [name, copied] of [
    ['丙', 2 * BATCH],
    ['丁', 2 * BATCH + BATCH / 2],
  ] as const) {
    const held = await holdHolder(copied);
    const answer = rename(server, name);
    await reach(name, copied);
    await answer;
    await server.kill();
    await held.release();
    await restart();
    await expectTrue(name);
  }
});

test('after the last batch, before the record is finished', LIMIT, async () => {
  const heldHolder = await holdHolder(0);
  const answer = rename(server, '戊');
  await untilCommitted('戊');
  await answer;
  const held = await hold('guards', guard());
  await heldHolder.release();
  await reach('戊', HOLDERS);
  expect(await records().countDocuments({ source: `role:${roleId}` })).toBe(1);
  await server.kill();
  await held.release();
  await restart();
  await expectTrue('戊');
});

test('a name that was given back while the dead one was copying another is not overwritten', LIMIT, async () => {
  const held = await holdHolder(0);
  const answer = rename(server, '己');
  await untilCommitted('己');
  await answer;
  await server.kill();
  await second.start();
  await records().updateMany({ lease: { $ne: null } }, { $set: { 'lease.until': new Date(0) } });
  expect(await rename(second, '庚')).toBe(200);
  // What the dead one had sent to the database may go on there.
  await held.release();
  await expectTrue('庚');
  await server.start();
});

test('two renames race over two servers, one of which dies of it', LIMIT, async () => {
  if (!second.isRunning()) await second.start();
  const persist = async (at: Installation, names: readonly string[]) => {
    for (const name of names) while ((await rename(at, name)) === 409);
  };
  const racing = Promise.all([persist(server, ['一', '二', '三']), persist(second, ['四', '五', '六'])]);
  await vi.waitFor(async () => expect(await readName()).toMatch(/^[二五]$/), patience);
  await second.kill();
  await racing;
  await records().updateMany({ 'lease.until': { $gt: new Date(0) } }, { $set: { 'lease.until': new Date(0) } });
  await expectTrue(await readName());
});
