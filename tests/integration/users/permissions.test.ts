// What a user may do now, and by which roles; and that a change is felt everywhere.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, type Person } from './people.ts';

let server: TestServer;
let second: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  second = await startTestServer({ sharedWith: server });
  admin = await createAdmin(server);
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const permissionsOf = (id: string, token = admin.token, on = server) =>
  on.rest('GET', `/users/${id}/permissions`, { token });

test('roles with level and term, each permission once with the roles that give it', async () => {
  const until = new Date((Math.floor(server.clock.now().getTime() / 1000) + 3600) * 1000);
  const { id } = await server.createUser([{ name: 'User' }, { name: 'Author', expires_at: until }]);
  const { status, body } = await permissionsOf(id);
  expect([status, body.user_id]).toEqual([200, id]);
  expect(body.roles).toEqual([
    { role_id: server.roleId('User'), name: 'User', display_name: '普通用户', level: 1, expires_at: null },
    {
      role_id: server.roleId('Author'),
      name: 'Author',
      display_name: '内容创作者',
      level: 2,
      expires_at: until.toISOString(),
    },
  ]);
  const names = body.permissions.map(({ name }: { name: string }) => name);
  expect(names).toEqual([
    'AI_ASSISTANT',
    'COMMENT',
    'FAVORITE',
    'KNOWLEDGE_CREATE',
    'KNOWLEDGE_READ',
    'KNOWLEDGE_UPDATE',
    'SEARCH',
    'TAG_CREATE',
  ]);
  const by = Object.fromEntries(
    body.permissions.map((one: { name: string; granted_by_roles: string[] }) => [one.name, one.granted_by_roles]),
  );
  expect([by['SEARCH'], by['TAG_CREATE']]).toEqual([['User', 'Author'], ['Author']]);
});

test('what has ended does not count', async () => {
  const { id } = await server.createUser([{ name: 'User' }, { name: 'Admin', expires_at: new Date(0) }]);
  const { body } = await permissionsOf(id);
  expect(body.roles.map(({ name }: { name: string }) => name)).toEqual(['User']);
  expect(body.permissions).toHaveLength(5);
});

test('of oneself, of others, by an application; of nobody NOT_FOUND', async () => {
  const me = await createPerson(server);
  expect((await permissionsOf(me.id, me.token)).status).toBe(200);
  expect((await permissionsOf(admin.id, me.token)).body.code).toBe('PERMISSION_DENIED');
  expect((await permissionsOf(me.id, await server.mintClientToken(['users:read']))).status).toBe(200);
  expect((await permissionsOf('0'.repeat(24))).body.code).toBe('NOT_FOUND');
});

test('a grant given on one instance is felt on the other', async () => {
  const holder = await createPerson(server);
  expect((await second.rest('GET', '/auth/me', { token: holder.token })).status).toBe(200);
  await server.rest('POST', `/users/${holder.id}/roles`, {
    token: admin.token,
    body: { role_id: server.roleId('Editor') },
  });
  await vi.waitFor(async () => {
    expect((await second.rest('GET', '/auth/me', { token: holder.token })).body.code).toBe('TOKEN_STALE');
  }, 10_000);
});

test('a role edited in the database is felt on both, by tokens that are as they were', async () => {
  const holder = await createPerson(server, [{ name: 'Author' }]);
  const check = async (on: TestServer) =>
    (await on.rest('POST', '/rbac/check', { token: holder.token, body: { permission: 'TAG_CREATE' } })).body;
  for (const on of [server, second]) expect(await check(on)).toEqual({ allowed: true, reason: 'granted' });
  const roles = server.deps.database.db.collection<{ name: string; permissions: unknown[]; status: string }>('roles');
  const { permissions = [] } = (await roles.findOne({ name: 'Author' })) ?? {};
  await roles.updateOne({ name: 'Author' }, { $pull: { permissions: { name: 'TAG_CREATE' } as never } });
  for (const on of [server, second])
    await vi.waitFor(async () => expect(await check(on)).toEqual({ allowed: false, reason: 'no_permission' }), 10_000);
  await roles.updateOne({ name: 'Author' }, { $set: { permissions, status: 'inactive' } });
  for (const on of [server, second])
    await vi.waitFor(async () => expect(await check(on)).toEqual({ allowed: false, reason: 'role_inactive' }), 10_000);
  await roles.updateOne({ name: 'Author' }, { $set: { status: 'active' } });
  for (const on of [server, second]) await vi.waitFor(async () => expect((await check(on)).allowed).toBe(true), 10_000);
});
