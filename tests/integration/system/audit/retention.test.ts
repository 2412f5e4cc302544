// Retention: whole blocks go when all of their lines are past their time, and what stays is still proven.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../../support/server.ts';
import { blocksOf, createAdmin, fillBlocks, linesOf, makeLines, verify } from './trail.ts';

const DAY = 86_400_000;
let server: TestServer;
let admin: Awaited<ReturnType<typeof createAdmin>>;
beforeAll(async () => {
  server = await startTestServer({ config: { audit: { retention: '30d' } } });
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const ids = async () => (await blocksOf(server).find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);

test('nothing goes before its time', async () => {
  await server.deps.auditKeeper.run();
  await fillBlocks(server, 3);
  server.clock.advance(29 * DAY);
  await server.deps.auditKeeper.run();
  expect(await ids()).toEqual([1, 2, 3, 4]);
});

test('past their time lines and blocks go, and a signed mark says so; verification begins where the kept part does', async () => {
  await fillBlocks(server, 1);
  const last = (await ids()).at(-1) ?? 0;
  server.clock.advance(2 * DAY);
  await server.deps.auditKeeper.run();
  expect(await linesOf(server).countDocuments({ 'seal.block': { $lte: 4 } })).toBe(0);
  expect((await ids())[0]).toBe(4);
  const token = (await server.signIn(admin)).access;
  // The record of it.
  server.clock.advance(60_000);
  await server.deps.auditKeeper.run();
  expect(await verify(server, token)).toMatchObject({ intact: true, kept_from: 5, from: 5, problems: [] });
  const { items } = (await server.rest('GET', '/audit-logs?act=system.audit_pruned', { token })).body;
  expect(items).toMatchObject([
    {
      actor: { kind: 'system', id: null },
      target: { kind: 'audit_block', id: '4' },
      details: { from_block: 1, to_block: 4 },
    },
  ]);
  expect(await linesOf(server).countDocuments({ 'seal.block': last })).toBeGreaterThan(0);
});

test('a block with one line that is still in time stays whole, and all after it', async () => {
  const now = server.clock.now().getTime();
  const lines = makeLines(server, 3).map((line, index) => ({ ...line, at: new Date(now - (40 - 20 * index) * DAY) }));
  await linesOf(server).insertMany(lines);
  await server.deps.auditKeeper.run();
  server.clock.advance(2 * 3_600_000);
  await server.deps.auditKeeper.run();
  expect(await linesOf(server).countDocuments({ _id: { $in: lines.map(({ _id }) => _id) } })).toBe(3);
});

test('a crash between the mark and the deletion leaves too much, which is no fault and goes the next time', async () => {
  server.clock.advance(60 * DAY);
  const token = (await server.signIn(admin)).access;
  await server.deps.auditKeeper.run();
  const kept: Answer = await verify(server, token);
  const leftovers = makeLines(server, 2, { seal: { block: kept.kept_from - 1, index: 0 } });
  await linesOf(server).insertOne(leftovers[0] as never);
  expect((await verify(server, token)).intact).toBe(true);
  server.clock.advance(2 * 3_600_000);
  await server.deps.auditKeeper.run();
  expect(await linesOf(server).countDocuments({ _id: leftovers[0]?._id as never })).toBe(0);
});

test('a head from before the kept part is held against nobody; the one at its edge is', async () => {
  const token = (await server.signIn(admin)).access;
  const { kept_from } = await verify(server, token);
  expect((await verify(server, token, { head: `1:${'A'.repeat(43)}` })).intact).toBe(true);
  const edge = await verify(server, token, { head: `${kept_from - 1}:${'A'.repeat(43)}` });
  expect(edge.problems).toMatchObject([{ fault: 'head_differs' }]);
});
