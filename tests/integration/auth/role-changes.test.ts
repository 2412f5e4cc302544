// Roles that change under living tokens: edited rights count without a new token, and a name never stands for another role.
import { decodeJwt } from 'jose';
import { ObjectId } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ROLE_TABLE_GUARD } from '../../../server/src/features/rbac/repository.ts';
import { startTestServer, type TestServer, type Tokens } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';

let servers: readonly [TestServer, TestServer];
let roles: readonly { _id: ObjectId; name: string }[];
beforeAll(async () => {
  const first = await startTestServer();
  servers = [first, await startTestServer({ sharedWith: first })];
  roles = await collection('roles').find<{ _id: ObjectId; name: string }>({}).toArray();
});
afterAll(async () => {
  await servers[1].close();
  await servers[0].close();
});
afterEach(async () => {
  await collection('roles').deleteMany({});
  await collection('roles').insertMany([...roles]);
  const known = ({ deps }: TestServer) => [...deps.live.roles().byName].map(([name, { id }]) => `${name} ${id}`).sort();
  const stored = roles.map(({ name, _id }) => `${name} ${_id.toHexString()}`).sort();
  await expectSoon(async (server) => expect(known(server)).toEqual(stored));
});

const collection = (name: string) => servers[0].deps.database.db.collection(name);

/** On both instances, within a second. */
async function expectSoon(check: (server: TestServer) => Promise<void>): Promise<void> {
  for (const server of servers) await vi.waitFor(() => check(server), soon);
}

/** Edits a role in the database, with the counters that every change of a role writes. */
async function editRole(name: string, change: Record<string, unknown>): Promise<void> {
  const guard = await servers[0].deps.transact((tx) => servers[0].deps.takeGuard(tx, ROLE_TABLE_GUARD));
  await collection('roles').updateOne(
    { name },
    { $set: { ...change, rights_version: guard, ...('name' in change ? { named_at: guard } : {}) } },
  );
}

async function signIn(...names: string[]): Promise<Tokens> {
  return servers[0].signIn(await servers[0].createUser(names.map((name) => ({ name }))));
}

const check = async (server: TestServer, token: string, resource: string, action: string) =>
  (await server.rest('POST', '/rbac/check', { token, body: { resource, action } })).body;
const verify = async (server: TestServer, token: string, resource: string, action: string) =>
  (await server.rest('POST', '/auth/verify', { body: { token, resource, action } })).body;

describe('edited rights', () => {
  test('a permission that is pulled is gone from tokens that carry it', async () => {
    const { access } = await signIn('Author');
    expect(decodeJwt(access)['permissions']).toContain('knowledge:CREATE');
    for (const server of servers) expect((await check(server, access, 'knowledge', 'CREATE')).allowed).toBe(true);
    const role = await servers[0].deps.roles.findRoleByName('Author');
    await editRole('Author', { permissions: role?.permissions.filter(({ name }) => name !== 'KNOWLEDGE_CREATE') });
    await expectSoon(async (server) => {
      expect(await check(server, access, 'knowledge', 'CREATE')).toEqual({ allowed: false, reason: 'no_permission' });
      expect(await verify(server, access, 'knowledge', 'CREATE')).toMatchObject({ valid: true, allowed: false });
    });
    for (const server of servers) {
      expect((await check(server, access, 'knowledge', 'UPDATE')).allowed).toBe(true);
      expect((await verify(server, access, 'knowledge', 'CREATE')).user.permissions).not.toContain('knowledge:CREATE');
    }
  });

  test('are told of in answers to tokens made before, until a refresh brings them', async () => {
    const [{ access, refresh }, other] = [await signIn('Author'), await signIn('User')];
    const told = async (server: TestServer, token: string) =>
      (await server.rest('GET', '/auth/me', { token })).headers.get('x-rights-changed');
    for (const server of servers) expect(await told(server, access)).toBeNull();
    await editRole('Author', { permissions: [] });
    await expectSoon(async (server) => expect(await told(server, access)).toBe('true'));
    for (const server of servers) expect(await told(server, other.access)).toBeNull();
    const { body } = await servers[0].rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
    for (const server of servers) expect(await told(server, body.access_token)).toBeNull();
    expect(body.user.permissions).toEqual([]);
  });

  test('a permission that is added counts for tokens made before', async () => {
    const { access } = await signIn('User');
    const users = '/users';
    expect((await servers[1].rest('GET', users, { token: access })).status).toBe(403);
    const permission = { permission_id: new ObjectId(), name: 'USER_MANAGE', resource: 'user', action: 'MANAGE' };
    await editRole('User', { permissions: [permission] });
    await expectSoon(async (server) => expect((await server.rest('GET', users, { token: access })).status).toBe(200));
  });

  test('a role that is switched off counts for nothing, and again when switched on', async () => {
    const { access } = await signIn('Editor');
    await editRole('Editor', { status: 'inactive' });
    await expectSoon(async (server) =>
      expect(await check(server, access, 'knowledge', 'DELETE')).toEqual({ allowed: false, reason: 'role_inactive' }),
    );
    for (const server of servers)
      expect(await verify(server, access, 'knowledge', 'DELETE')).toMatchObject({ valid: true, allowed: false });
    await editRole('Editor', { status: 'active' });
    await expectSoon(async (server) => expect((await check(server, access, 'knowledge', 'DELETE')).allowed).toBe(true));
  });
});

describe('names', () => {
  const me = async (server: TestServer, token: string) => (await server.rest('GET', '/auth/me', { token })).body.code;

  test('a role that is renamed makes tokens with its old name stale; a refresh brings the new one', async () => {
    const tokens = await signIn('Author');
    const bystander = await signIn('User');
    await editRole('Author', { name: 'Writer' });
    await expectSoon(async (server) => expect(await me(server, tokens.access)).toBe('TOKEN_STALE'));
    const { body } = await servers[1].rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
    expect(body.user.roles).toEqual(['Writer']);
    for (const server of servers) {
      expect((await check(server, body.access_token, 'knowledge', 'CREATE')).allowed).toBe(true);
      expect(await me(server, bystander.access)).toBeUndefined();
    }
  });

  test('an old name taken by a mightier role gives its rights to no old token', async () => {
    const tokens = await signIn('Author');
    await editRole('Author', { name: 'Writer' });
    await editRole('Admin', { name: 'Author' });
    await expectSoon(async (server) => {
      expect(server.deps.live.roles().byName.get('Author')?.level).toBe(4);
      expect(await me(server, tokens.access)).toBe('TOKEN_STALE');
    });
    for (const server of servers) {
      expect((await server.rest('GET', '/users', { token: tokens.access })).body.code).toBe('TOKEN_STALE');
      expect(await verify(server, tokens.access, 'user', 'MANAGE')).toEqual({
        valid: false,
        allowed: false,
        reason: 'TOKEN_STALE',
      });
    }
    const { body } = await servers[0].rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
    expect(body.user.roles).toEqual(['Writer']);
    expect((await servers[0].rest('GET', '/users', { token: body.access_token })).body.code).toBe('PERMISSION_DENIED');
  });

  test('a role that is renamed and renamed back stands for itself in new tokens alone', async () => {
    const tokens = await signIn('Author');
    await editRole('Author', { name: 'Writer' });
    await editRole('Writer', { name: 'Author' });
    await expectSoon(async (server) => expect(await me(server, tokens.access)).toBe('TOKEN_STALE'));
    const fresh = await servers[0].rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
    await expectSoon(async (server) => expect(await me(server, fresh.body.access_token)).toBeUndefined());
  });

  test('a role that is deleted makes tokens with its name stale', async () => {
    const tokens = await signIn('Editor', 'User');
    await collection('roles').deleteOne({ name: 'Editor' });
    await expectSoon(async (server) => expect(await me(server, tokens.access)).toBe('TOKEN_STALE'));
    const { body } = await servers[0].rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
    expect(body.user.roles).toEqual(['User']);
  });
});
