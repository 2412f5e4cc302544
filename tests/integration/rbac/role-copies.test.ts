// The name of a role in every grant of it: true soon after a rename, whatever comes between, over two instances, and nothing else changed.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutboxRecord } from '../../../server/src/database/outbox.ts';
import { settle } from '../../support/instances.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { countNames, insertHolders, insertRole, renameRole, rolesOf, usersOf } from './role-documents.ts';

let server: TestServer;
let other: TestServer;
let roleId: string;
let serial = 0;

beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});
beforeEach(async () => {
  roleId = await insertRole(server, `审核员${++serial}`);
});

const records = () => server.deps.database.db.collection<OutboxRecord>('outbox');

describe('a rename', () => {
  test('reaches every grant, in batches, and changes nothing else of a user', async () => {
    const ids = await insertHolders(server, roleId, `审核员${serial}`, 1_200);
    const sample = { _id: ids[1_100] ?? new ObjectId() };
    const before = await usersOf(server).findOne(sample);
    const bystander = await server.createUser([{ name: 'Author' }]);
    const stranger = await usersOf(server).findOne({ _id: new ObjectId(bystander.id) });

    await renameRole(server, roleId, '总编');
    await settle([server, other]);

    expect(await countNames(server, roleId)).toEqual({ 总编: 1_200 });
    const [user, author] = before?.roles ?? [];
    expect(await usersOf(server).findOne(sample)).toEqual({
      ...before,
      roles: [user, { ...author, role_name: '总编' }],
    });
    expect(await usersOf(server).findOne({ _id: new ObjectId(bystander.id) })).toEqual(stranger);
    expect(await records().countDocuments()).toBe(0);
  });

  test('of a role that is removed before its turn changes nothing and holds nothing up', async () => {
    await insertHolders(server, roleId, '旧名', 3);
    await server.deps.transact(async (tx) => {
      await rolesOf(server).deleteOne({ _id: new ObjectId(roleId) }, { session: tx });
      await server.deps.queueCopy(tx, { copy: 'role_name', source: roleId });
    });
    await settle([server, other]);
    expect(await countNames(server, roleId)).toEqual({ 旧名: 3 });
    expect(await records().countDocuments()).toBe(0);
  });

  test('that is given up copies nothing', async () => {
    await insertHolders(server, roleId, `审核员${serial}`, 1);
    const given = server.deps.transact(async (tx) => {
      await rolesOf(server).updateOne({ _id: new ObjectId(roleId) }, { $set: { name: '无' } }, { session: tx });
      await server.deps.queueCopy(tx, { copy: 'role_name', source: roleId });
      throw new Error('no');
    });
    await expect(given).rejects.toThrow('no');
    await settle([server, other]);
    expect(await countNames(server, roleId)).toEqual({ [`审核员${serial}`]: 1 });
  });
});

test('renames that race over two instances end with the latest name everywhere', { timeout: 60_000 }, async () => {
  await insertHolders(server, roleId, `审核员${serial}`, 1_500);
  const instances = [server, other];
  await Promise.all(
    Array.from({ length: 12 }, (_, n) => renameRole(instances[n % 2] ?? server, roleId, n % 3 === 0 ? '甲' : `乙${n}`)),
  );
  await settle(instances);
  const role = await rolesOf(server).findOne({ _id: new ObjectId(roleId) });
  expect(await countNames(server, roleId)).toEqual({ [role?.name ?? '']: 1_500 });
  expect(await records().countDocuments()).toBe(0);
});

test('the grants that differ are found by their index alone', async () => {
  await insertHolders(server, roleId, '甲', 200);
  await insertHolders(server, roleId, '乙', 3);
  const differs = { role_id: new ObjectId(roleId), role_name: { $ne: '甲' } };
  const explained = await usersOf(server)
    .find({ roles: { $elemMatch: differs } })
    .limit(1_000)
    .explain('executionStats');
  expect(JSON.stringify(explained['queryPlanner'].winningPlan)).toContain('"role_name_copy"');
  expect(explained['executionStats'].totalDocsExamined).toBe(3);
});
