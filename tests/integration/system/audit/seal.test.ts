// Sealing: every line gets its place in the chain, once, whoever seals and whenever it was committed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealNext } from '../../../../server/src/features/system/audit/sealer.ts';
import { startTestServer, type TestServer } from '../../../support/server.ts';
import { blocksOf, createAdmin, linesOf, makeLines, verify } from './trail.ts';

let server: TestServer;
let other: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  token = (await createAdmin(server)).token;
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const countUnsealed = () => linesOf(server).countDocuments({ seal: null as never });

test('what an act records is not sealed yet; the next round seals it', async () => {
  expect(await countUnsealed()).toBeGreaterThan(0);
  expect(await server.deps.auditKeeper.run()).toBe(true);
  expect(await countUnsealed()).toBe(0);
  expect(await verify(server, token)).toMatchObject({ intact: true, problems: [], unsealed: { count: 0 } });
});

test('the newest lines are told of while no seal is on them', async () => {
  await linesOf(server).insertMany(makeLines(server, 2));
  expect((await verify(server, token)).unsealed).toEqual({ count: 2, oldest: expect.any(String) });
  await server.deps.auditKeeper.run();
});

test('a line that commits late is sealed in a later block, however old it says it is', async () => {
  const [old] = makeLines(server, 1);
  let commit = () => {};
  const held = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const late = server.deps.transact(async (tx) => {
    await linesOf(server).insertOne(old as never, { session: tx });
    await held;
  });
  await linesOf(server).insertMany(makeLines(server, 3, { at: server.clock.now() }));
  await server.deps.auditKeeper.run();
  const before = await blocksOf(server).countDocuments();
  commit();
  await late;
  await server.deps.auditKeeper.run();
  const found = await linesOf(server).findOne({ _id: old?._id as never });
  expect(found?.seal).toMatchObject({ block: before + 1, index: 0 });
  expect((await verify(server, token)).intact).toBe(true);
});

test('many instances that seal at once make one chain: each line in one place, no number twice', async () => {
  await linesOf(server).insertMany(makeLines(server, 1_200));
  const seal = async ({ deps }: TestServer) => {
    for (let round = 0; round < 3; round++) await sealNext(deps);
  };
  await Promise.all([seal(server), seal(other), seal(server), seal(other)]);
  expect(await countUnsealed()).toBe(0);
  const blocks = await blocksOf(server).find().sort({ _id: 1 }).toArray();
  expect(blocks.map(({ _id }) => _id)).toEqual(blocks.map((_, index) => index + 1));
  expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(await linesOf(server).countDocuments());
  expect((await verify(server, token)).problems).toEqual([]);
});

describe('the lease', () => {
  test('leaves the work to one; when that one dies, another takes it over', async () => {
    await linesOf(server).insertMany(makeLines(server, 1));
    expect(await server.deps.auditKeeper.run()).toBe(true);
    await linesOf(server).insertMany(makeLines(server, 1));
    // It holds the lease and is not heard of any more.
    expect(await other.deps.auditKeeper.run()).toBe(false);
    expect(await countUnsealed()).toBe(1);
    server.clock.advance(11_000);
    expect(await other.deps.auditKeeper.run()).toBe(true);
    expect(await countUnsealed()).toBe(0);
    expect(await server.deps.auditKeeper.run()).toBe(false);
  });

  test('is given back when an instance stops', async () => {
    const third = await startTestServer({ sharedWith: server });
    server.clock.advance(60_000);
    await linesOf(server).insertMany(makeLines(server, 1));
    expect(await third.deps.auditKeeper.run()).toBe(true);
    await third.close();
    await linesOf(server).insertMany(makeLines(server, 1));
    expect(await server.deps.auditKeeper.run()).toBe(true);
    expect(await countUnsealed()).toBe(0);
  });
});

test('an instance seals by itself, without anybody asking', async () => {
  const running = await startTestServer({ auditEvery: 50 });
  try {
    await createAdmin(running);
    await expect.poll(() => linesOf(running).countDocuments({ seal: null as never }), { timeout: 20_000 }).toBe(0);
    expect(await linesOf(running).countDocuments({ 'seal.block': 1 })).toBeGreaterThan(0);
  } finally {
    await running.close();
  }
});

test('lines of a version that knows no seals are sealed as well, when the database is brought up to date', async () => {
  const { db } = server.deps.database;
  const indexes = await db.collection('audit_logs').indexes();
  expect(indexes.map(({ name }) => name)).toEqual(expect.arrayContaining(['unsealed', 'sealed']));
  const [line] = makeLines(server, 1);
  await db.collection('audit_logs').insertOne(line as never);
  server.clock.advance(60_000);
  await server.deps.auditKeeper.run();
  expect((await linesOf(server).findOne({ _id: line?._id as never }))?.seal).toBeDefined();
});
