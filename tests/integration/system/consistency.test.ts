// The check of copies: what differs is found and counted, a repair makes it true beside running servers, and what is under way is no difference.
import { Binary, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkConsistency, repairConsistency } from '../../../server/src/consistency.ts';
import type { OutboxRecord } from '../../../server/src/database/outbox.ts';
import { watchCopies } from '../../../server/src/features/system/consistency/watch.ts';
import { settle } from '../../support/instances.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { countNames, insertHolders, insertRole, renameRole, rolesOf, usersOf } from '../rbac/role-documents.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await repair();
  expect(await check()).toMatchObject({ consistent: true, parked: 0 });
});

const check = () => checkConsistency(server.deps.database);
const repair = () => repairConsistency(server.deps.database, undefined, server.clock);
const collection = (name: string) => server.deps.database.db.collection(name);
const records = () => server.deps.database.db.collection<OutboxRecord>('outbox');
const differing = async () =>
  Object.fromEntries((await check()).copies.filter((one) => one.differing > 0).map((one) => [one.copy, one.differing]));

let serial = 0;
const makeRole = async () => {
  const name = `角色${++serial}`;
  return { name, id: await insertRole(server, name) };
};

test('names of roles in grants', async () => {
  const [role, other] = [await makeRole(), await makeRole()];
  await insertHolders(server, role.id, role.name, 5);
  await insertHolders(server, role.id, '旧名', 3);
  await insertHolders(server, other.id, other.name, 2);
  expect(await differing()).toEqual({ role_name: 3 });
  expect((await check()).copies[0]?.where).toEqual([`role ${role.name} (${role.id}): 3`]);
  await repair();
  expect(await differing()).toEqual({});
  expect(await countNames(server, role.id)).toEqual({ [role.name]: 8 });
});

test('a name that is about to be copied is no difference; one whose copying was given up is', async () => {
  const role = await makeRole();
  await insertHolders(server, role.id, role.name, 2);
  const busy = { lease: { owner: 'elsewhere/1', until: new Date(server.clock.now().getTime() + 60_000) } };
  await server.deps.transact(async (tx) => {
    await rolesOf(server).updateOne({ name: role.name }, { $set: { name: `${role.name}甲` } }, { session: tx });
    await server.deps.queueCopy(tx, { copy: 'role_name', source: role.id });
    await records().updateOne({ source: `role:${role.id}` }, { $set: busy }, { session: tx });
  });
  expect(await check()).toMatchObject({ consistent: true });
  await records().updateOne(
    { source: `role:${role.id}` },
    { $set: { lease: null, parked_at: server.clock.now(), attempts: 10, last_error: 'refused' } },
  );
  await renameRole(server, role.id, `${role.name}乙`);
  await settle([server]);
  expect(await check()).toMatchObject({ consistent: false, parked: 1 });
  expect(await differing()).toEqual({ role_name: 2 });
  await repair();
  expect(await check()).toMatchObject({ consistent: true, parked: 0 });
  expect(await countNames(server, role.id)).toEqual({ [`${role.name}乙`]: 2 });
  expect(await records().countDocuments()).toBe(0);
});

test('permissions in roles, and that Admin holds all', async () => {
  const permissions = await collection('permissions').find().sort({ name: 1 }).toArray();
  const lost = permissions[0];
  await rolesOf(server).updateOne(
    { name: 'Admin' },
    { $pull: { permissions: { permission_id: lost?._id ?? new ObjectId() } } },
  );
  await rolesOf(server).updateOne({ name: 'Author' }, { $set: { 'permissions.0.action': 'PUBLISH' } });
  const gone = { permission_id: new ObjectId(), name: 'GONE', resource: 'moon', action: 'LAND' };
  await rolesOf(server).updateOne({ name: 'User' }, { $push: { permissions: gone } });
  const before = await rolesOf(server).findOne({ name: 'User' });
  expect(await differing()).toEqual({ role_permissions: 2, admin_permissions: 1 });
  await repair();
  expect(await differing()).toEqual({});
  const user = await rolesOf(server).findOne({ name: 'User' });
  expect(user?.permissions).toEqual(before?.permissions.filter(({ name }) => name !== 'GONE'));
  expect(user?.version).toBe((before?.version ?? 0) + 1);
  expect(user?.rights_version).toBeGreaterThan(before?.rights_version ?? 0);
  const audited = await collection('audit_logs').findOne({ act: 'system.role_permissions_repaired' });
  expect(audited?.['details'].roles.toSorted()).toEqual(['Admin', 'Author', 'User']);
});

test('grants of roles that are no more', async () => {
  const role = await makeRole();
  const [holder] = await insertHolders(server, role.id, role.name, 2);
  await rolesOf(server).deleteOne({ name: role.name });
  expect(await differing()).toEqual({ grants: 2 });
  await repair();
  expect(await differing()).toEqual({});
  const user = await usersOf(server).findOne({ _id: holder ?? new ObjectId() });
  expect(user?.roles.map(({ role_name }) => role_name)).toEqual(['User']);
});

test('the count of passkeys of a user', async () => {
  const makeUser = async () => new ObjectId((await server.createUser()).id);
  const [forgotten, imagined, right] = [await makeUser(), await makeUser(), await makeUser()];
  const factors = (passkeys: number) => ({ $set: { 'security.two_factor': { backup_codes: [], passkeys } } });
  await usersOf(server).updateOne({ _id: imagined }, factors(2));
  await usersOf(server).updateOne({ _id: right }, factors(1));
  for (const user_id of [forgotten, right])
    await collection('passkeys').insertOne({
      user_id,
      credential_id: user_id.toHexString(),
      public_key: new Binary(new Uint8Array(4)),
      counter: 0,
      transports: [],
      backed_up: false,
      label: 'key',
      created_at: server.clock.now(),
      last_used_at: null,
    });
  expect(await differing()).toEqual({ passkeys: 2 });
  await repair();
  expect(await differing()).toEqual({});
  const read = async (_id: ObjectId) => (await usersOf(server).findOne({ _id }))?.security.two_factor;
  expect(await read(forgotten)).toEqual({ backup_codes: [], passkeys: 1 });
  expect(await read(imagined)).toBeUndefined();
  expect(await read(right)).toEqual({ backup_codes: [], passkeys: 1 });
});

test('goes on by itself, on one instance in each interval, and every instance tells what was found', async () => {
  const other = await startTestServer({ sharedWith: server });
  try {
    const role = await makeRole();
    await insertHolders(server, role.id, '旧名', 4);
    const hour = 3_600_000;
    server.clock.advance(2 * hour);
    const outcomes = await Promise.all([server, other, server, other].map(({ deps }) => watchCopies(deps, hour)));
    expect(outcomes.toSorted()).toEqual(['checked', 'not due', 'not due', 'not due']);
    for (const { url } of [server, other]) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('authcenter_copies_drift{copy="role_name"} 4');
      expect(metrics).toContain('authcenter_copies_drift{copy="passkeys"} 0');
    }
    await repair();
    server.clock.advance(hour);
    expect(await watchCopies(other.deps, hour)).toBe('checked');
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain(
      'authcenter_copies_drift{copy="role_name"} 0',
    );
  } finally {
    await other.close();
  }
});

test('what is looked for is found by indexes', async () => {
  const ids = (await rolesOf(server).find().toArray()).map(({ _id }) => _id);
  const strange = { roles: { $elemMatch: { role_id: { $nin: ids } } } };
  const explained = await usersOf(server).find(strange).explain('executionStats');
  expect(JSON.stringify(explained['queryPlanner'].winningPlan)).not.toContain('COLLSCAN');
  expect(explained['executionStats'].totalDocsExamined).toBe(0);
  const counted = await usersOf(server)
    .find({ 'security.two_factor.passkeys': { $gt: 0 } })
    .explain();
  expect(JSON.stringify(counted['queryPlanner'].winningPlan)).toContain('"passkey_count"');
});
