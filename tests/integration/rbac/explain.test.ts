// Why a user may or may not: the chain from grant to permission, what stands in the way, what would help, and who is told what.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unwrap } from '../../support/doors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, type Person } from '../users/people.ts';

let server: TestServer;
let other: TestServer;
let admin: Person;
const MINUTE = 60_000;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  admin = await createAdmin(server);
  await createRole([server, other], { name: 'Seasonal', level: 1, pairs: ['moon:LAND'] });
  await createRole([server, other], { name: 'Helper', level: 2, pairs: ['role:MANAGE', 'moon:LAND', 'tag:MANAGE'] });
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const explain = async (body: object, token = admin.token, at = server) =>
  (await at.rest('POST', '/rbac/explain', { token, body })).body;
const soon = () => new Date(Math.floor((server.clock.now().getTime() + MINUTE) / 1000) * 1000);

describe('a yes', () => {
  test('names grant, role and permission', async () => {
    const { id } = await server.createUser([{ name: 'User' }]);
    const expires_at = soon();
    const body = { role_id: server.roleId('Editor'), expires_at };
    await server.rest('POST', `/users/${id}/roles`, { token: admin.token, body });
    const told = await explain({ user_id: id, resource: 'Knowledge_Base', action: 'publish' });
    expect(told).toEqual({
      allowed: true,
      reason: 'granted',
      asked: { resource: 'knowledge', action: 'PUBLISH' },
      chain: [
        {
          grant: {
            role_id: server.roleId('Editor'),
            role: 'Editor',
            granted_by: admin.id,
            granted_at: expect.any(String),
            expires_at: expires_at.toISOString(),
          },
          role: { id: server.roleId('Editor'), name: 'Editor', display_name: '内容管理员', level: 3, status: 'active' },
          permission: {
            permission_id: expect.stringMatching(/^[0-9a-f]{24}$/),
            name: 'KNOWLEDGE_PUBLISH',
            resource: 'knowledge',
            action: 'PUBLISH',
          },
          via_manage: false,
        },
      ],
      blocked: [],
    });
    const { items } = (await server.rest('GET', '/permissions?limit=100', { token: admin.token })).body;
    const known = items.find(({ name }: { name: string }) => name === 'KNOWLEDGE_PUBLISH');
    expect(told.chain[0].permission.permission_id).toBe(known.id);
  });

  test('by MANAGE says so; the permission itself goes before it', async () => {
    const { id } = await server.createUser([{ name: 'Helper' }, { name: 'Author' }]);
    const { chain } = await explain({ user_id: id, resource: 'tag', action: 'CREATE' });
    expect(
      chain.map((link: { role: { name: string }; permission: { name: string }; via_manage: boolean }) => [
        link.role.name,
        link.permission.name,
        link.via_manage,
      ]),
    ).toEqual([
      ['Helper', 'TAG_MANAGE', true],
      ['Author', 'TAG_CREATE', false],
    ]);
    const byAdmin = await explain({ resource: 'tag', action: 'create' });
    expect(byAdmin.chain[0]).toMatchObject({ permission: { name: 'TAG_CREATE' }, via_manage: false });
  });
});

describe('a no', () => {
  test('by an expired grant says which, and when it ended', async () => {
    const ended = soon();
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Seasonal', expires_at: ended }]);
    expect((await explain({ user_id: id, permission: 'moon:LAND' })).allowed).toBe(true);
    server.clock.advance(2 * MINUTE);
    admin = await createPerson(server, [{ name: 'Admin' }]);
    expect(await explain({ user_id: id, permission: 'moon:LAND' })).toMatchObject({
      allowed: false,
      reason: 'grant_expired',
      blocked: [
        {
          what: 'grant_expired',
          role_id: server.roleId('Seasonal'),
          role: 'Seasonal',
          expires_at: ended.toISOString(),
        },
      ],
    });
  });

  test('by a status leaves the chain to be seen', async () => {
    const { id } = await server.createUser([{ name: 'Editor' }]);
    await server.rest('POST', `/users/${id}/status`, { token: admin.token, body: { status: 'locked' } });
    const told = await explain({ user_id: id, permission: 'KNOWLEDGE_PUBLISH' });
    expect(told).toMatchObject({
      allowed: false,
      reason: 'user_inactive',
      chain: [{ role: { name: 'Editor' } }],
      blocked: [{ what: 'user_status', status: 'locked' }],
    });
    expect(told.missing).toBeUndefined();
    const without = await explain({ user_id: id, permission: 'USER_MANAGE' });
    expect([without.blocked, without.chain]).toEqual([[{ what: 'user_status', status: 'locked' }], undefined]);
    expect(without.missing.roles_that_would_give_it).toHaveLength(1);
  });

  test('names the roles that would give it, lowest first, and who may grant one', async () => {
    const helper = await server.createUser([{ name: 'Helper' }]);
    // Manages roles, and holds none of what is asked.
    await createRole([server, other], { name: 'Roles only', level: 3, pairs: ['role:MANAGE'] });
    const rolesOnly = await server.createUser([{ name: 'Roles only' }]);
    const { id } = await server.createUser();
    const { missing, blocked, reason } = await explain({ user_id: id, permission: 'moon:LAND' });
    expect([reason, blocked]).toEqual(['no_permission', []]);
    expect(missing.roles_that_would_give_it).toEqual([
      { role_id: server.roleId('Seasonal'), name: 'Seasonal', level: 1 },
      { role_id: server.roleId('Helper'), name: 'Helper', level: 2 },
    ]);
    const granters = missing.who_could_grant.map(({ user_id }: { user_id: string }) => user_id);
    expect(granters).toContain(helper.id);
    expect(granters).not.toContain(rolesOnly.id);
    // An administrator does not hold it: the role was not made by the acts that give them every permission.
    expect(granters).not.toContain(admin.id);
    const publish = (await explain({ user_id: id, permission: 'KNOWLEDGE_PUBLISH' })).missing;
    expect(publish.roles_that_would_give_it.map(({ name }: { name: string }) => name)).toEqual(['Editor', 'Admin']);
    expect(publish.who_could_grant.map(({ user_id }: { user_id: string }) => user_id)).toContain(admin.id);
    // Whoever stands above the helper is out of their reach.
    const editor = await server.createUser([{ name: 'Editor' }]);
    const above = (await explain({ user_id: editor.id, permission: 'moon:LAND' })).missing.who_could_grant;
    expect(above.map(({ user_id }: { user_id: string }) => user_id)).not.toContain(helper.id);
  });

  test('of nobody and of nothing', async () => {
    expect(await explain({ user_id: '0'.repeat(24), permission: 'SEARCH' })).toEqual({
      allowed: false,
      reason: 'user_unknown',
      asked: { resource: 'knowledge', action: 'SEARCH' },
      blocked: [],
    });
    const { id } = await server.createUser();
    expect(await explain({ user_id: id, permission: 'NOTHING_OF_THE_KIND' })).toEqual({
      allowed: false,
      reason: 'no_permission',
      asked: null,
      blocked: [],
    });
    const unheard = await explain({ user_id: id, resource: 'constructor', action: '__proto__' });
    expect(unheard.missing).toEqual({ roles_that_would_give_it: [], who_could_grant: [] });
  });
});

describe('who asks', () => {
  test('of oneself anyone, and is told of nobody else', async () => {
    const me = await createPerson(server, [{ name: 'User' }, { name: 'Seasonal', expires_at: new Date(0) }]);
    const told = await explain({ permission: 'moon:LAND' }, me.token);
    expect(told).toMatchObject({ reason: 'grant_expired', blocked: [{ what: 'grant_expired', role: 'Seasonal' }] });
    expect(told.missing).toBeUndefined();
    const refused = await explain({ user_id: admin.id, permission: 'SEARCH' }, me.token);
    expect([refused.code, refused.permission]).toEqual(['PERMISSION_DENIED', 'user:READ']);
  });

  test('no application', async () => {
    const token = await server.mintClientToken(['rbac:check', 'users:read']);
    expect((await explain({ user_id: admin.id, permission: 'SEARCH' }, token)).code).toBe('PERMISSION_DENIED');
  });

  test('an API key of itself, within its scopes; of others as any reader', async () => {
    const body = { name: 'Sync', scopes: ['user:READ'] };
    const { key } = (await server.rest('POST', '/auth/api-keys', { token: admin.token, body })).body;
    const told = await explain({ permission: 'KNOWLEDGE_READ' }, key);
    expect(told).toMatchObject({ allowed: false, reason: 'no_permission', blocked: [{ what: 'key_scopes' }] });
    expect((await explain({ permission: 'user:READ' }, key)).blocked).toEqual([]);
    const { id } = await server.createUser();
    expect((await explain({ user_id: id, permission: 'KNOWLEDGE_READ' }, key)).allowed).toBe(true);
    const checked = await server.rest('POST', '/rbac/check', { token: key, body: { permission: 'KNOWLEDGE_READ' } });
    expect(checked.body).toEqual({ allowed: told.allowed, reason: told.reason });
  });

  test('at any instance and door, with one answer', async () => {
    const { id } = await server.createUser([{ name: 'Helper' }]);
    const body = { user_id: id, resource: 'tag', action: 'DELETE' };
    const here = await explain(body);
    expect(await explain(body, admin.token, other)).toEqual(here);
    const overTrpc = unwrap(await server.trpc('rbac.explain', body, { token: admin.token }));
    expect(JSON.parse(JSON.stringify(overTrpc))).toEqual(here);
  });
});
