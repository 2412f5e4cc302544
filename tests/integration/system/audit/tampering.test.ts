// Tampering, straight in the database, with each kind of change: verification names the block and the line.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditDocument } from '../../../../server/src/platform/audit.ts';
import { type Answer, startTestServer, type TestServer } from '../../../support/server.ts';
import { blocksOf, createAdmin, fillBlocks, linesOf, verify } from './trail.ts';

let server: TestServer;
let token: string;
/** The number of blocks. */
let end: number;
beforeAll(async () => {
  server = await startTestServer();
  token = (await createAdmin(server)).token;
  await server.deps.auditKeeper.run();
  await fillBlocks(server, 6, 4);
  end = await blocksOf(server).countDocuments();
});
afterAll(() => server.close());

// Each test finds the chain whole, whatever the one before did to it.
let [lines, blocks]: [Answer[], Answer[]] = [[], []];
beforeEach(async () => {
  if (lines.length === 0) {
    lines = await linesOf(server).find().toArray();
    blocks = await blocksOf(server).find().toArray();
    return;
  }
  await linesOf(server).deleteMany({});
  await blocksOf(server).deleteMany({});
  await linesOf(server).insertMany(lines);
  await blocksOf(server).insertMany(blocks);
});

const lineAt = async (block: number, index: number): Promise<AuditDocument> => {
  const line = await linesOf(server).findOne({ 'seal.block': block, 'seal.index': index });
  if (!line) throw new Error('there is no such line');
  return line;
};
const problems = async (query?: Record<string, string | number>) => (await verify(server, token, query)).problems;

test('nothing was touched', async () => {
  expect(await verify(server, token)).toMatchObject({
    intact: true,
    from: 1,
    to: end,
    lines: lines.length,
    erased: 0,
    kept_from: 1,
    problems: [],
    next: null,
    head: expect.stringMatching(new RegExp(`^${end}:[\\w-]{43}$`)),
  });
});

describe('a line', () => {
  test.each([
    ['altered', { $set: { outcome: 'failure' } }],
    ['altered in its details', { $set: { 'details.number': 99 } }],
    ['altered in its origin', { $set: { ip: '198.51.100.9' } }],
    ['given a field', { $set: { note: 'nothing happened' } }],
    ['dated back', { $set: { at: new Date(0) } }],
  ])('that was %s is named', async (_, update) => {
    const { _id } = await lineAt(3, 2);
    await linesOf(server).updateOne({ _id }, update as object);
    expect(await problems()).toEqual([{ fault: 'line_altered', block: 3, index: 2, line: _id.toHexString() }]);
  });

  test('that was removed is named by its place', async () => {
    await linesOf(server).deleteOne({ 'seal.block': 4, 'seal.index': 1 });
    expect(await problems()).toEqual([{ fault: 'line_removed', block: 4, index: 1, line: null }]);
  });

  test('that was inserted into a block is named', async () => {
    const copy = { ...(await lineAt(4, 3)), _id: new ObjectId() };
    await linesOf(server).insertOne({ ...copy, seal: { block: 4, index: 4 } });
    expect(await problems()).toEqual([{ fault: 'line_inserted', block: 4, index: 4, line: copy._id.toHexString() }]);
  });

  test('that changed places with another is named, and so is the other', async () => {
    const [one, other] = [await lineAt(2, 0), await lineAt(2, 1)];
    const put = (_id: ObjectId, index: number) => linesOf(server).updateOne({ _id }, { $set: { 'seal.index': index } });
    await put(one._id, 99);
    await put(other._id, 0);
    await put(one._id, 1);
    expect(await problems()).toEqual([
      { fault: 'line_moved', block: 2, index: 0, line: other._id.toHexString() },
      { fault: 'line_moved', block: 2, index: 1, line: one._id.toHexString() },
    ]);
  });

  test('whose seal was taken off, to be sealed again when it says something else, leaves its place empty', async () => {
    const { _id } = await lineAt(3, 0);
    await linesOf(server).updateOne({ _id }, { $set: { act: 'test.other' }, $unset: { seal: '' } });
    server.clock.advance(60_000);
    await server.deps.auditKeeper.run();
    expect(await problems()).toEqual([{ fault: 'line_removed', block: 3, index: 0, line: null }]);
  });

  test('that lost its origin as if its person had gone is told apart from one whose person has', async () => {
    const { _id } = await lineAt(5, 0);
    await linesOf(server).updateOne(
      { _id },
      { $set: { ip: null, user_agent: null }, $unset: { 'seal.origin.salt': '' } },
    );
    expect(await problems()).toEqual([
      { fault: 'erasure_unexplained', block: 5, index: null, line: _id.toHexString() },
    ]);
  });
});

describe('a block', () => {
  test('that was removed with its lines is missing', async () => {
    await linesOf(server).deleteMany({ 'seal.block': 3 });
    await blocksOf(server).deleteOne({ _id: 3 });
    expect(await problems()).toEqual([{ fault: 'block_missing', block: 3, index: null, line: null }]);
  });

  test('the first of all, too', async () => {
    await linesOf(server).deleteMany({ 'seal.block': { $lte: 2 } });
    await blocksOf(server).deleteMany({ _id: { $lte: 2 } });
    expect(await problems()).toEqual([{ fault: 'block_missing', block: 1, index: null, line: null }]);
  });

  test('that was written anew without the key is forged', async () => {
    await blocksOf(server).updateOne({ _id: 4 }, { $set: { hash: 'A'.repeat(43) } });
    expect(await problems()).toEqual([{ fault: 'block_forged', block: 4, index: null, line: null }]);
    await blocksOf(server).updateOne({ _id: 4 }, { $set: { key: 'mine' } });
    expect(await problems()).toEqual([{ fault: 'key_unknown', block: 4, index: null, line: null }]);
  });

  test('that changed places with another is forged, and so is the other', async () => {
    const [one, other] = blocks.filter(({ _id }) => _id === 3 || _id === 4);
    await blocksOf(server).replaceOne({ _id: 3 }, { ...other, _id: 3 });
    await blocksOf(server).replaceOne({ _id: 4 }, { ...one, _id: 4 });
    const found = await problems();
    expect(found.map(({ fault, block }: Answer) => [fault, block])).toEqual([
      ['block_forged', 3],
      ['block_forged', 4],
    ]);
  });

  test('that claims its lines were past their time is forged', async () => {
    const pruned = { at: new Date(), key: blocks[0].key, mac: 'A'.repeat(43) };
    await blocksOf(server).updateOne({ _id: 4 }, { $set: { pruned }, $unset: { digests: '' } });
    await blocksOf(server).deleteMany({ _id: { $lt: 4 } });
    await linesOf(server).deleteMany({ 'seal.block': { $lte: 4 } });
    expect(await problems()).toContainEqual({ fault: 'block_forged', block: 4, index: null, line: null });
  });
});

describe('the end', () => {
  test('that was cut off, blocks and all, is missed by whoever knows a head from the log', async () => {
    const { head } = await verify(server, token);
    await linesOf(server).deleteMany({ 'seal.block': { $gt: 4 } });
    await blocksOf(server).deleteMany({ _id: { $gt: 4 } });
    expect(await problems({ head })).toEqual([{ fault: 'head_differs', block: end, index: null, line: null }]);
    expect(await problems()).toEqual([]);
  });

  test('that was cut off carelessly is missed by everybody', async () => {
    const { _id } = await lineAt(end, 0);
    await blocksOf(server).deleteOne({ _id: end });
    expect(await problems()).toEqual([{ fault: 'block_missing', block: end, index: null, line: _id.toHexString() }]);
  });

  test('a head that is still in the chain is no problem, however much has come since', async () => {
    const { head } = await verify(server, token);
    await fillBlocks(server, 2);
    expect(await problems({ head })).toEqual([]);
  });

  test.each(['12', 'x:y', `0x1:${'A'.repeat(43)}`])('%s is no head', async (head) => {
    expect((await server.rest('GET', `/audit-logs/verify?head=${head}`, { token })).status).toBe(400);
  });
});

test('a chain is verified piece by piece: each names the next, and what lies between them holds', async () => {
  const seen: number[] = [];
  let from: number | null = 1;
  while (from !== null) {
    const answer: Answer = await verify(server, token, { from, blocks: 2 });
    expect(answer).toMatchObject({ intact: true, from });
    for (let block = answer.from; block <= answer.to; block++) seen.push(block);
    from = answer.next;
  }
  expect(seen).toEqual(Array.from({ length: await blocksOf(server).countDocuments() }, (_, index) => index + 1));
  await linesOf(server).deleteOne({ 'seal.block': 3, 'seal.index': 0 });
  expect(await problems({ from: 1, blocks: 2 })).toEqual([]);
  expect(await problems({ from: 3, blocks: 2 })).toHaveLength(1);
});

test('a broken end is noticed by the server itself', async () => {
  const count = async () =>
    (await server.deps.metrics.securityEvents.get()).values.find(({ labels }) => labels.type === 'audit_broken')
      ?.value ?? 0;
  const before = await count();
  server.clock.advance(6 * 60_000);
  await server.deps.auditKeeper.run();
  expect(await count()).toBe(before);
  await linesOf(server).updateOne({ 'seal.block': end, 'seal.index': 0 }, { $set: { act: 'test.other' } });
  server.clock.advance(6 * 60_000);
  await server.deps.auditKeeper.run();
  expect(await count()).toBe(before + 1);
});
