// Another end for a grant that is held: later, sooner or none, who may give it, and what becomes of tokens.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestAnswer } from '../../support/server.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from './people.ts';

const HOUR = 3_600_000;

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

const inMs = (ms: number) => new Date(Math.floor((server.clock.now().getTime() + ms) / 1000) * 1000);
const renew = (id: string, role: string, expires_at: unknown, token = admin.token, on = server): Promise<RestAnswer> =>
  on.rest('PUT', `/users/${id}/roles/${server.roleId(role)}`, { token, body: { expires_at } });
const told = ({ status, body }: RestAnswer) => [status, body?.code];
const endOf = ({ body }: RestAnswer, role: string) =>
  body.roles.find(({ name }: { name: string }) => name === role)?.expires_at;

describe('a renewal', () => {
  test('puts the end off, brings it forward, takes it away and sets one; who granted the role and when stays', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor', expires_at: inMs(HOUR) }]);
    const before = (await server.rest('GET', `/users/${id}`, { token: admin.token })).body.roles[1];
    for (const end of [inMs(5 * HOUR), inMs(HOUR / 2), null, inMs(2 * HOUR)]) {
      const answer = await renew(id, 'Editor', end?.toISOString() ?? null);
      expect([answer.status, endOf(answer, 'Editor')]).toEqual([200, end?.toISOString() ?? null]);
      expect(answer.body.roles[1]).toEqual({ ...before, expires_at: end?.toISOString() ?? null });
      expect(answer.body.roles).toHaveLength(2);
    }
  });

  test('is kept in whole seconds and lies ahead', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor', expires_at: inMs(HOUR) }]);
    const end = inMs(2 * HOUR);
    expect(endOf(await renew(id, 'Editor', new Date(end.getTime() + 999).toISOString()), 'Editor')).toBe(
      end.toISOString(),
    );
    for (const past of [inMs(-1000), inMs(0), new Date(0)]) {
      const answer = await renew(id, 'Editor', past.toISOString());
      expect([...told(answer), answer.body.errors[0].path]).toEqual([400, 'VALIDATION_FAILED', 'expires_at']);
    }
    for (const bad of [undefined, 'soon', 5])
      expect(told(await renew(id, 'Editor', bad))).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('of a role that is not held, or has ended, finds none: it is granted anew', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor', expires_at: inMs(-1000) }]);
    const later = inMs(HOUR).toISOString();
    for (const role of ['Author', 'Editor']) expect(told(await renew(id, role, later))).toEqual([404, 'NOT_FOUND']);
    expect(told(await renew('f'.repeat(24), 'User', later))).toEqual([404, 'NOT_FOUND']);
    const granted = await server.rest('POST', `/users/${id}/roles`, {
      token: admin.token,
      body: { role_id: server.roleId('Editor'), expires_at: later },
    });
    expect(granted.status).toBe(201);
    expect((await renew(id, 'Editor', null)).status).toBe(200);
  });

  test('shortens tokens at once, on every instance, and of what it prolongs the next one lives longer', async () => {
    const person = await createPerson(server, [{ name: 'User' }, { name: 'Editor', expires_at: inMs(5 * 60_000) }]);
    const next = async (refresh: string) =>
      (await second.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } })).body;
    const lifeOf = (token: string) => (decodeJwt(token).exp ?? 0) * 1000 - server.clock.now().getTime();
    expect((await renew(person.id, 'Editor', inMs(60_000).toISOString())).status).toBe(200);
    expect(told(await server.rest('GET', '/auth/me', { token: person.token }))).toEqual([401, 'TOKEN_STALE']);
    const short = await next(person.refresh);
    expect(lifeOf(short.access_token)).toBeLessThanOrEqual(60_000);
    expect((await renew(person.id, 'Editor', null)).status).toBe(200);
    expect(lifeOf((await next(short.refresh_token)).access_token)).toBeGreaterThan(10 * 60_000);
  });

  test('is recorded with both ends', async () => {
    const from = inMs(HOUR);
    const { id } = await server.createUser([{ name: 'Author', expires_at: from }]);
    const to = inMs(3 * HOUR);
    await renew(id, 'Author', to.toISOString());
    expect(await listActs(server, id)).toMatchObject([
      {
        act: 'users.renew_role',
        outcome: 'success',
        actor: { kind: 'user', id: admin.id },
        details: { role_id: server.roleId('Author'), role: 'Author', from, expires_at: to },
      },
    ]);
  });

  test('by two at once leaves one of their ends, and both in the record', async () => {
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor', expires_at: inMs(HOUR) }]);
    const ends = [inMs(2 * HOUR), inMs(3 * HOUR)].map((end) => end.toISOString());
    const answers = await Promise.all(
      ends.map((end, index) => renew(id, 'Editor', end, admin.token, index === 0 ? server : second)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const grants = (await server.deps.users.findById(id))?.roles ?? [];
    expect(grants).toHaveLength(2);
    expect(ends).toContain(grants[1]?.expires_at?.toISOString());
    const acts = (await listActs(server, id)).map(({ details }) => details['expires_at'].toISOString());
    expect(acts.sort()).toEqual(ends);
  });
});

describe('who may', () => {
  test('nobody above their own level, nor what they do not hold', async () => {
    await createRole([server], { name: 'Registrar', level: 2, pairs: ['role:MANAGE'] });
    const registrar = await createPerson(server, [{ name: 'Registrar' }]);
    const later = inMs(2 * HOUR).toISOString();
    const above = await server.createUser([{ name: 'Admin' }]);
    const editor = await server.createUser([{ name: 'Author', expires_at: inMs(HOUR) }]);
    expect(told(await renew(above.id, 'Admin', later, registrar.token))).toEqual([403, 'PERMISSION_DENIED']);
    expect(told(await renew(editor.id, 'Author', later, registrar.token))).toEqual([403, 'PERMISSION_DENIED']);
    const plain = await createPerson(server);
    expect(told(await renew(editor.id, 'Author', later, plain.token))).toEqual([403, 'PERMISSION_DENIED']);
    expect((await server.deps.users.findById(editor.id))?.roles[0]?.expires_at).not.toEqual(new Date(later));
  });

  test('nobody gives themselves more time, by a key of theirs either; less they may', async () => {
    const passing = await createPerson(server, [{ name: 'User' }, { name: 'Admin', expires_at: inMs(HOUR) }]);
    const { body } = await server.rest('POST', '/auth/api-keys', {
      token: passing.token,
      body: { name: 'Mine', scopes: ['role:MANAGE'] },
    });
    for (const [token, end] of [
      [passing.token, null],
      [passing.token, inMs(2 * HOUR).toISOString()],
      [body.key, null],
    ])
      expect(told(await renew(passing.id, 'Admin', end, token))).toEqual([403, 'PERMISSION_DENIED']);
    expect((await renew(passing.id, 'Admin', inMs(HOUR / 2).toISOString(), passing.token)).status).toBe(200);
  });

  test('Admin needs a proof that is fresh, and no key gives it', async () => {
    const { id } = await server.createUser([{ name: 'Admin', expires_at: inMs(HOUR) }]);
    const tired = await createAdmin(server);
    const key = (
      await server.rest('POST', '/auth/api-keys', {
        token: tired.token,
        body: { name: 'Bot', scopes: ['role:MANAGE'] },
      })
    ).body.key;
    const later = inMs(2 * HOUR).toISOString();
    expect(told(await renew(id, 'Admin', later, key))).toEqual([403, 'PERMISSION_DENIED']);
    server.clock.advance(11 * 60_000);
    expect(told(await renew(id, 'Admin', later, tired.token))).toEqual([403, 'STEP_UP_REQUIRED']);
    const fresh = (await server.signIn(tired)).access;
    expect((await renew(id, 'Admin', later, fresh)).status).toBe(200);
    admin = { ...admin, token: (await server.signIn(admin)).access };
  });

  test('the last administrator for good gets no end', async () => {
    const users = server.deps.database.db.collection('users');
    const last = await createAdmin(server);
    const passing = await createPerson(server, [{ name: 'Admin', expires_at: inMs(HOUR) }]);
    await users.updateMany(
      { username: { $nin: [last.username, passing.username] } },
      { $pull: { roles: { role_name: 'Admin' } as never } },
    );
    const end = inMs(365 * 24 * HOUR).toISOString();
    for (const { token } of [last, passing])
      expect(told(await renew(last.id, 'Admin', end, token))).toEqual([409, 'LAST_ADMIN']);
    expect((await renew(passing.id, 'Admin', null, last.token)).status).toBe(200);
    // Two for good, who give each other an end at the same moment.
    const { access } = await server.signIn(passing);
    const answers = await Promise.all([
      renew(last.id, 'Admin', end, access),
      renew(passing.id, 'Admin', end, last.token, second),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(await users.countDocuments({ roles: { $elemMatch: { role_name: 'Admin', expires_at: null } } })).toBe(1);
  });
});
