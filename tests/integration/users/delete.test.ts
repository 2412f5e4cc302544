// Removing an account: by whom, what goes, what stays known of it, and how fast.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { requestCode } from '../../support/phones.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { soon } from '../../support/soon.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from './people.ts';

let server: TestServer;
let other: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  await createRole([server, other], { name: 'Clerk', level: 2, pairs: ['user:DELETE'] });
  admin = await createAdmin(server);
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const remove = (id: string, token = admin.token) => server.rest('DELETE', `/users/${id}`, { token });
const me = (where: TestServer, token: string) => where.rest('GET', '/auth/me', { token });

test('tokens, refresh tokens and keys lose their force at once, on every instance', async () => {
  const person = await createPerson(server);
  const { body: made } = await server.rest('POST', '/auth/api-keys', {
    token: person.token,
    body: { name: 'Sync', scopes: ['knowledge:READ'] },
  });
  const byKey = (where: TestServer) =>
    where.rest('GET', '/auth/forward?resource=knowledge&action=READ', { token: made.key });
  for (const where of [server, other]) expect((await byKey(where)).status).toBe(200);

  expect((await remove(person.id)).status).toBe(204);
  expect((await me(server, person.token)).body.code).toBe('SESSION_REVOKED');
  expect((await byKey(server)).body.code).toBe('TOKEN_INVALID');
  await vi.waitFor(async () => {
    expect((await me(other, person.token)).body.code).toBe('SESSION_REVOKED');
    expect((await byKey(other)).body.code).toBe('TOKEN_INVALID');
  }, soon);
  const body = { refresh_token: person.refresh };
  expect((await other.rest('POST', '/auth/refresh', { body })).body.code).toBe('SESSION_REVOKED');
  const { body: again } = await server.rest('POST', '/auth/login', {
    body: { email: person.email, password: person.password },
  });
  expect(again.code).toBe('INVALID_CREDENTIALS');
  expect((await server.rest('GET', `/users/${person.id}`, { token: admin.token })).body.code).toBe('NOT_FOUND');
});

test('nothing that was held on them is left, but for sessions that are known as revoked and the audit', async () => {
  const person = await createPerson(server);
  const { token, id } = person;
  await server.rest('POST', '/auth/api-keys', { token, body: { name: 'Sync', scopes: ['knowledge:READ'] } });
  await server.rest('POST', '/auth/password/forgot', { body: { email: person.email } });
  await requestCode(server, { email: 'new.address@example.com' }, 'bind', token);
  expect((await remove(id)).status).toBe(204);
  const left: string[] = [];
  const { db } = server.deps.database;
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    const all = await db.collection(name).find().toArray();
    if (all.some((one) => JSON.stringify(one).includes(id))) left.push(name);
  }
  // What was sent and told lapses by itself; a guard is a number that somebody's id stands over.
  const passing = ['outbox', 'notices', 'guards'];
  expect(left.filter((name) => !passing.includes(name)).sort()).toEqual(['audit_logs', 'sessions']);
  const sessions = await db.collection('sessions').find({ is_revoked: true, revoke_reason: 'user_deleted' }).toArray();
  expect(sessions.some(({ user_id }) => String(user_id) === id)).toBe(true);
  await settleOutbox(server);
  const acts = await listActs(server, id);
  const removal = acts.find(({ act }) => act === 'users.delete');
  expect(removal).toMatchObject({ actor: { id: admin.id }, target: { kind: 'user', id } });
  // Who they were is erased from it.
  expect(JSON.stringify(removal)).not.toContain(person.username);
});

test('the name and the address are free again', async () => {
  const user = await server.createUser();
  await remove(user.id);
  const { username, email } = user;
  const { status, body } = await server.rest('POST', '/users', { token: admin.token, body: { username, email } });
  expect([status, body.id === user.id]).toEqual([201, false]);
});

test('services hear of it by the feed', async () => {
  const person = await createPerson(server);
  const feed = await server.mintClientToken(['feed:read']);
  const read = (cursor?: string) =>
    server.rest('GET', `/auth/revocations${cursor === undefined ? '' : `?cursor=${cursor}`}`, { token: feed });
  const { cursor } = (await read()).body;
  await remove(person.id);
  await vi.waitFor(async () => {
    const { records } = (await read(cursor)).body;
    const told = records.map(({ type, id }: { type: string; id: string }) => [type, id]);
    expect(told).toContainEqual(['user', person.id]);
    expect(told.map(([type]: string[]) => type)).toContain('session');
  }, soon);
});

describe('refused', () => {
  test('to whom the user stands above, and for nobody', async () => {
    const clerk = await createPerson(server, [{ name: 'Clerk' }]);
    const { status, body } = await remove(admin.id, clerk.token);
    expect([status, body.permission]).toEqual([403, 'user:DELETE']);
    expect((await remove((await server.createUser()).id, clerk.token)).status).toBe(204);
    expect((await remove('f'.repeat(24))).body.code).toBe('NOT_FOUND');
    const gone = await server.createUser();
    expect([(await remove(gone.id)).status, (await remove(gone.id)).status]).toEqual([204, 404]);
  });

  test('without a fresh proof', async () => {
    const late = await createAdmin(server);
    const victim = await server.createUser();
    server.clock.advance(11 * 60_000);
    const body = { refresh_token: late.refresh };
    const { access_token } = (await server.rest('POST', '/auth/refresh', { body })).body;
    expect((await remove(victim.id, access_token)).body.code).toBe('STEP_UP_REQUIRED');
    admin = await createAdmin(server);
  });

  test('for the last administrator, also when two remove each other', async () => {
    const one = await createAdmin(server);
    const { db } = server.deps.database;
    // Everybody else has stepped down.
    await db
      .collection('users')
      .updateMany({ 'roles.role_name': 'Admin', username: { $ne: one.username } }, { $set: { status: 'inactive' } });
    expect((await remove(one.id, one.token)).body.code).toBe('LAST_ADMIN');
    const two = await createAdmin(server);
    const answers = await Promise.all([
      remove(one.id, two.token),
      other.rest('DELETE', `/users/${two.id}`, { token: one.token }),
    ]);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    const left = await db.collection('users').countDocuments({ 'roles.role_name': 'Admin', status: 'active' });
    expect(left).toBe(1);
  });
});
