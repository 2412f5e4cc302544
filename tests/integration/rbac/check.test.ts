// What applications ask: may this user do that, and why; one answer for every door, case and alias.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { unwrap } from '../../support/doors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, type Person } from '../users/people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const check = async (body: object, token = admin.token) =>
  (await server.rest('POST', '/rbac/check', { token, body })).body;

describe('the six reasons', () => {
  test('granted', async () => {
    const { id } = await server.createUser([{ name: 'Editor' }]);
    expect(await check({ user_id: id, resource: 'knowledge', action: 'PUBLISH' })).toEqual({
      allowed: true,
      reason: 'granted',
    });
  });

  test('no_permission', async () => {
    const { id } = await server.createUser();
    for (const asked of [{ permission: 'KNOWLEDGE_PUBLISH' }, { resource: 'user', action: 'READ' }])
      expect(await check({ user_id: id, ...asked })).toEqual({ allowed: false, reason: 'no_permission' });
  });

  test('grant_expired', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor', expires_at: new Date(0) }]);
    const refused = { allowed: false, reason: 'grant_expired' };
    expect(await check({ user_id: id, permission: 'KNOWLEDGE_PUBLISH' })).toEqual(refused);
    expect((await check({ user_id: id, permission: 'SEARCH' })).reason).toBe('granted');
  });

  test('role_inactive', async () => {
    await createRole([server], { name: 'Seasonal', level: 1, pairs: ['moon:LAND'] });
    const { id } = await server.createUser([{ name: 'Seasonal' }]);
    const asked = { user_id: id, resource: 'moon', action: 'land' };
    expect((await check(asked)).reason).toBe('granted');
    await server.deps.database.db.collection('roles').updateOne({ name: 'Seasonal' }, { $set: { status: 'inactive' } });
    await vi.waitFor(async () => {
      expect(await check(asked)).toEqual({ allowed: false, reason: 'role_inactive' });
    }, 10_000);
  });

  test('user_inactive', async () => {
    const { id } = await server.createUser([{ name: 'Admin' }]);
    await server.rest('POST', `/users/${id}/status`, { token: admin.token, body: { status: 'locked' } });
    expect(await check({ user_id: id, permission: 'SEARCH' })).toEqual({ allowed: false, reason: 'user_inactive' });
  });

  test('user_unknown', async () => {
    const refused = { allowed: false, reason: 'user_unknown' };
    expect(await check({ user_id: '0'.repeat(24), permission: 'SEARCH' })).toEqual(refused);
  });
});

describe('what is asked', () => {
  const asOneself: [string, object][] = [
    ['a pair', { resource: 'knowledge', action: 'READ' }],
    ['a pair in other case', { resource: 'KNOWLEDGE', action: 'read' }],
    ['an alias', { resource: 'knowledge_base', action: 'READ' }],
    ['an alias in other case', { resource: 'Knowledge_Base', action: 'Read' }],
    ['another alias', { resource: 'ai_assistant', action: 'use' }],
    ['a permission’s name', { permission: 'KNOWLEDGE_READ' }],
    ['a permission’s name in other case', { permission: 'knowledge_read' }],
    ['a permission as a pair', { permission: 'knowledge:READ' }],
    ['a permission as a pair by alias', { permission: 'knowledge_base:read' }],
    ['blanks around it', { resource: ' knowledge ', action: ' READ ' }],
  ];
  test.each(asOneself)('%s', async (_, asked) => {
    const me = await createPerson(server);
    expect(await check(asked, me.token)).toEqual({ allowed: true, reason: 'granted' });
    expect(await check({ ...asked, user_id: me.id })).toEqual({ allowed: true, reason: 'granted' });
    const overTrpc = await server.trpc('rbac.check', asked, { token: me.token });
    expect(unwrap(overTrpc)).toEqual({ allowed: true, reason: 'granted' });
  });

  test.each([
    { resource: 'moon', action: 'READ' },
    { resource: 'constructor', action: 'READ' },
    { resource: '__proto__', action: 'toString' },
    { permission: 'NOTHING_OF_THE_KIND' },
    { permission: 'constructor' },
    { permission: ':' },
    { permission: 'knowledge:' },
    { permission: 'MANAGE' },
  ])('%j is refused, never an error', async (asked) => {
    expect(await check(asked)).toEqual({ allowed: false, reason: 'no_permission' });
    expect(await check({ ...asked, user_id: admin.id })).toEqual({ allowed: false, reason: 'no_permission' });
  });

  test('MANAGE allows every action on its resource, also one that nobody has named', async () => {
    for (const action of ['READ', 'UPDATE', 'DELETE', 'MANAGE', 'JUGGLE'])
      for (const resource of ['user', 'role', 'category', 'tag'])
        expect((await check({ user_id: admin.id, resource, action })).allowed).toBe(true);
    // CONFIG is no MANAGE.
    expect((await check({ user_id: admin.id, resource: 'system', action: 'READ' })).reason).toBe('no_permission');
    expect((await check({ user_id: admin.id, resource: 'knowledge', action: 'JUGGLE' })).reason).toBe('no_permission');
    const editor = await server.createUser([{ name: 'Editor' }]);
    expect((await check({ user_id: editor.id, resource: 'category', action: 'DELETE' })).allowed).toBe(true);
    expect((await check({ user_id: editor.id, resource: 'tag', action: 'DELETE' })).allowed).toBe(false);
  });

  test.each([
    ['nothing', {}],
    ['half a pair', { resource: 'knowledge' }],
    ['the other half', { action: 'READ' }],
    ['both forms at once', { resource: 'knowledge', action: 'READ', permission: 'SEARCH' }],
    ['an empty name', { permission: '' }],
    ['a name beyond measure', { permission: 'x'.repeat(130) }],
    ['an operator', { resource: { $ne: '' }, action: 'READ' }],
    ['a list', { resource: ['knowledge'], action: 'READ' }],
    ['no id', { user_id: 'me', permission: 'SEARCH' }],
    ['an id of nothing', { user_id: null, permission: 'SEARCH' }],
  ])('%s is no question', async (_, asked) => {
    expect((await check(asked)).code).toBe('VALIDATION_FAILED');
  });
});

describe('who asks', () => {
  test('about oneself anyone, about others whoever may read users, or an application with the scope', async () => {
    const me = await createPerson(server);
    const about = { user_id: admin.id, permission: 'SEARCH' };
    expect((await check(about, me.token)).code).toBe('PERMISSION_DENIED');
    expect((await check({ ...about, user_id: me.id }, me.token)).allowed).toBe(true);
    expect((await check({ ...about, user_id: me.id.toUpperCase() }, me.token)).allowed).toBe(true);
    expect((await check(about, await server.mintClientToken(['rbac:check']))).allowed).toBe(true);
    const noScope = await check(about, await server.mintClientToken(['users:read']));
    expect([noScope.code, noScope.permission]).toEqual(['PERMISSION_DENIED', 'client:rbac:check']);
  });

  test('an application says whom it asks about', async () => {
    const token = await server.mintClientToken(['rbac:check']);
    const answer = await check({ permission: 'SEARCH' }, token);
    expect([answer.code, answer.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'user_id']);
    const many = await server.rest('POST', '/rbac/check-many', { token, body: { checks: [{ permission: 'SEARCH' }] } });
    expect(many.body.code).toBe('VALIDATION_FAILED');
  });

  test('an application with a user’s id for a name gets nothing by it', async () => {
    const token = await server.mintClientToken([], admin.id);
    expect((await check({ user_id: admin.id, permission: 'SEARCH' }, token)).code).toBe('PERMISSION_DENIED');
    expect((await server.rest('GET', `/users/${admin.id}`, { token })).body.code).toBe('PERMISSION_DENIED');
  });

  test('oneself, from the token: a check costs no database read', async () => {
    const watched = await startTestServer({ monitorCommands: true });
    try {
      const me = await createPerson(watched);
      const sent: string[] = [];
      watched.deps.database.client.on('commandStarted', ({ commandName, command }) => {
        if (commandName === 'find' || commandName === 'aggregate') sent.push(String(command[commandName]));
      });
      const { body } = await watched.rest('POST', '/rbac/check', { token: me.token, body: { permission: 'SEARCH' } });
      expect([body.allowed, sent.filter((collection) => collection !== '1')]).toEqual([true, []]);
    } finally {
      await watched.close();
    }
  });
});

describe('many at once', () => {
  const checkMany = (checks: unknown, token = admin.token) =>
    server.rest('POST', '/rbac/check-many', { token, body: { checks } });

  test('answer in the order of the questions', async () => {
    const [editor, author] = [
      await server.createUser([{ name: 'Editor' }]),
      await server.createUser([{ name: 'Author' }]),
    ];
    const { status, body } = await checkMany([
      { user_id: author.id, permission: 'KNOWLEDGE_PUBLISH' },
      { user_id: editor.id, permission: 'KNOWLEDGE_PUBLISH' },
      { user_id: '0'.repeat(24), permission: 'SEARCH' },
      { permission: 'SYSTEM_CONFIG' },
      { user_id: author.id, resource: 'tag', action: 'create' },
      { user_id: editor.id, resource: 'moon', action: 'READ' },
    ]);
    expect(status).toBe(200);
    expect(body.results.map(({ reason }: { reason: string }) => reason)).toEqual([
      'no_permission',
      'granted',
      'user_unknown',
      'granted',
      'granted',
      'no_permission',
    ]);
  });

  test('100 at most, and at least one', async () => {
    const one = { permission: 'SEARCH' };
    expect((await checkMany(Array(100).fill(one))).body.results).toHaveLength(100);
    for (const checks of [[], Array(101).fill(one), {}, 'x', [null]])
      expect((await checkMany(checks)).body.code).toBe('VALIDATION_FAILED');
  });

  test('each user is read once, however many questions name them', async () => {
    const { id } = await server.createUser();
    const reads = vi.spyOn(server.deps.users, 'findById');
    await checkMany(Array(50).fill({ user_id: id, permission: 'SEARCH' }));
    expect(reads.mock.calls.filter(([asked]) => asked === id)).toHaveLength(1);
    reads.mockRestore();
  });

  test('one wrong question spoils the list, and says which', async () => {
    const { body } = await checkMany([{ permission: 'SEARCH' }, { resource: 'knowledge' }]);
    expect(body.code).toBe('VALIDATION_FAILED');
    expect(body.errors?.[0]?.path).toMatch(/^checks\.1/);
  });
});
