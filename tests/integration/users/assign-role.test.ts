// Granting and removing roles: terms of a grant, its effect on the holder, and the record of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, listActs, type Person } from './people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const grant = (id: string, role: string, expires_at?: unknown, token = admin.token) =>
  server.rest('POST', `/users/${id}/roles`, {
    token,
    body: { role_id: server.roleId(role), ...(expires_at === undefined ? {} : { expires_at }) },
  });
const remove = (id: string, role: string, token = admin.token) =>
  server.rest('DELETE', `/users/${id}/roles/${server.roleId(role)}`, { token });
const inMs = (ms: number) => new Date(server.clock.now().getTime() + ms);

describe('a grant', () => {
  test('for good: the user comes back with it, and who gave it when', async () => {
    const { id } = await server.createUser();
    const { status, body } = await grant(id, 'Editor');
    expect(status).toBe(201);
    expect(body).toMatchObject({ id, status: 'active' });
    expect(body.roles).toMatchObject([
      { name: 'User', granted_by: null, expires_at: null },
      { name: 'Editor', role_id: server.roleId('Editor'), granted_by: admin.id, expires_at: null },
    ]);
    expect(new Date(body.roles[1].granted_at).getTime()).toBeCloseTo(server.clock.now().getTime(), -4);
    expect((await grant((await server.createUser()).id, 'Editor', null)).body.roles[1].expires_at).toBeNull();
  });

  test('until a date is kept in whole seconds', async () => {
    const { id } = await server.createUser();
    const until = new Date(Math.floor(inMs(3_600_000).getTime() / 1000) * 1000);
    const { body } = await grant(id, 'Author', new Date(until.getTime() + 999).toISOString());
    expect(body.roles[1].expires_at).toBe(until.toISOString());
    const stored = await server.deps.users.findById(id);
    expect(stored?.roles[1]?.expires_at).toEqual(until);
  });

  test('that has ended already is none', async () => {
    const { id } = await server.createUser();
    for (const past of [inMs(-1000), inMs(0), new Date(0)]) {
      const { status, body } = await grant(id, 'Author', past.toISOString());
      expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'expires_at']);
    }
    expect((await server.deps.users.findById(id))?.roles).toHaveLength(1);
  });

  test('that lives is not given twice, whatever its term', async () => {
    const { id } = await server.createUser();
    expect((await grant(id, 'Author', inMs(60_000).toISOString())).status).toBe(201);
    for (const term of [undefined, null, inMs(120_000).toISOString()]) {
      const { status, body } = await grant(id, 'Author', term);
      expect([status, body.code]).toEqual([409, 'ALREADY_EXISTS']);
    }
  });

  test('many at once give it once', async () => {
    const { id } = await server.createUser();
    const answers = await Promise.all(Array.from({ length: 10 }, () => grant(id, 'Editor')));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
    expect((await server.deps.users.findById(id))?.roles).toHaveLength(2);
  });

  test('of a role or to a user that is not there is NOT_FOUND', async () => {
    const { id } = await server.createUser();
    const nowhere = '0'.repeat(24);
    const noRole = await server.rest('POST', `/users/${id}/roles`, { token: admin.token, body: { role_id: nowhere } });
    expect([noRole.status, noRole.body.code]).toEqual([404, 'NOT_FOUND']);
    const noUser = await grant(nowhere, 'Editor');
    expect([noUser.status, noUser.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test('is on record with its giver, in the same transaction; a refused one is not', async () => {
    const { id } = await server.createUser();
    await grant(id, 'Editor');
    await grant(id, 'Editor');
    await remove(id, 'Editor');
    const acts = await listActs(server, id);
    expect(acts).toMatchObject([
      {
        act: 'users.assign_role',
        outcome: 'success',
        actor: { kind: 'user', id: admin.id },
        details: { role_id: server.roleId('Editor'), role: 'Editor' },
      },
      {
        act: 'users.remove_role',
        outcome: 'success',
        actor: { kind: 'user', id: admin.id },
        details: { role_id: server.roleId('Editor'), role: 'Editor' },
      },
    ]);
  });
});

describe('its holder', () => {
  test('has it on the next call: the token of before is stale, a refresh brings the right', async () => {
    const holder = await createPerson(server);
    const mayRead = (token: string) =>
      server.rest('POST', '/rbac/check', { token, body: { permission: 'TAG_CREATE' } });
    expect((await mayRead(holder.token)).body).toEqual({ allowed: false, reason: 'no_permission' });
    await grant(holder.id, 'Editor');
    const stale = await mayRead(holder.token);
    expect([stale.status, stale.body.code]).toEqual([401, 'TOKEN_STALE']);
    const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: holder.refresh } });
    expect(body.user.roles).toEqual(['User', 'Editor']);
    expect((await mayRead(body.access_token)).body).toEqual({ allowed: true, reason: 'granted' });
    await remove(holder.id, 'Editor');
    expect((await mayRead(body.access_token)).body.code).toBe('TOKEN_STALE');
    const after = await server.rest('POST', '/auth/refresh', { body: { refresh_token: body.refresh_token } });
    expect(after.body.user.roles).toEqual(['User']);
  });

  test('loses it at the second it ends, token and all', async () => {
    const own = await startTestServer();
    try {
      const by = (await createAdmin(own)).token;
      const holder = await own.createUser();
      const until = new Date((Math.floor(own.clock.now().getTime() / 1000) + 120) * 1000);
      await own.rest('POST', `/users/${holder.id}/roles`, {
        token: by,
        body: { role_id: own.roleId('Editor'), expires_at: until.toISOString() },
      });
      const { access: token } = await own.signIn(holder);
      const check = (body: object, as: string) => own.rest('POST', '/rbac/check', { token: as, body });
      expect((await check({ permission: 'TAG_CREATE' }, token)).body.allowed).toBe(true);
      own.clock.advance(until.getTime() - own.clock.now().getTime());
      expect((await check({ permission: 'TAG_CREATE' }, token)).body.code).toBe('TOKEN_EXPIRED');
      const asked = await check({ user_id: holder.id, permission: 'TAG_CREATE' }, by);
      expect(asked.body).toEqual({ allowed: false, reason: 'grant_expired' });
      expect((await own.rest('GET', '/auth/me', { token: (await own.signIn(holder)).access })).body.roles).toEqual([
        'User',
      ]);
    } finally {
      await own.close();
    }
  });

  test('may be given again what has ended: the old grant is replaced', async () => {
    const own = await startTestServer();
    try {
      const { id } = await own.createUser([{ name: 'User' }, { name: 'Editor', expires_at: new Date(0) }]);
      const { token } = await createAdmin(own);
      const { status, body } = await own.rest('POST', `/users/${id}/roles`, {
        token,
        body: { role_id: own.roleId('Editor') },
      });
      expect(status).toBe(201);
      expect(
        body.roles.map(({ name, expires_at }: { name: string; expires_at: string }) => [name, expires_at]),
      ).toEqual([
        ['User', null],
        ['Editor', null],
      ]);
    } finally {
      await own.close();
    }
  });
});

describe('removing', () => {
  test('takes the role away, and what is not held is NOT_FOUND', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Author', expires_at: new Date(0) }]);
    expect((await remove(id, 'Author')).status).toBe(204);
    expect((await remove(id, 'Author')).body.code).toBe('NOT_FOUND');
    expect((await remove(id, 'User')).status).toBe(204);
    const { body } = await server.rest('GET', `/users/${id}`, { token: admin.token });
    expect(body.roles).toEqual([]);
  });

  test('of an unknown user or role is NOT_FOUND', async () => {
    expect((await remove('0'.repeat(24), 'User')).body.code).toBe('NOT_FOUND');
    const { id } = await server.createUser();
    const answer = await server.rest('DELETE', `/users/${id}/roles/${'0'.repeat(24)}`, { token: admin.token });
    expect(answer.body.code).toBe('NOT_FOUND');
  });

  test('many at once take it once', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor' }]);
    const answers = await Promise.all(Array.from({ length: 6 }, () => remove(id, 'Editor')));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404, 404, 404]);
  });
});
