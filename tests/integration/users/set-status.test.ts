// Switching users off and on: at once, for every token they hold, on every instance.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, listActs, type Person } from './people.ts';

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

const setStatus = (id: string, status: string) =>
  server.rest('POST', `/users/${id}/status`, { token: admin.token, body: { status } });
const signIn = (user: Person, password = user.password) =>
  server.rest('POST', '/auth/login', { body: { email: user.email, password } });
const refresh = (refresh_token: string) => server.rest('POST', '/auth/refresh', { body: { refresh_token } });

test.each(['inactive', 'locked'])('%s: every session ends at once, and none begins', async (status) => {
  const user = await createPerson(server);
  const elsewhere = await server.signIn(user);
  const { status: answered, body } = await setStatus(user.id, status);
  expect([answered, body.status]).toEqual([200, status]);
  for (const token of [user.token, elsewhere.access])
    expect((await server.rest('GET', '/auth/me', { token })).body.code).toBe('SESSION_REVOKED');
  for (const token of [user.refresh, elsewhere.refresh])
    expect((await refresh(token)).body.code).toBe('SESSION_REVOKED');
  await vi.waitFor(async () => {
    expect((await second.rest('GET', '/auth/me', { token: user.token })).body.code).toBe('SESSION_REVOKED');
  }, 10_000);
  const verified = await server.rest('POST', '/auth/verify', { body: { token: user.token } });
  expect(verified.body).toEqual({ valid: false, allowed: false, reason: 'SESSION_REVOKED' });
  const right = await signIn(user);
  expect([right.status, right.body.code]).toEqual([403, 'ACCOUNT_DISABLED']);
  // Only whoever knows the password is told.
  const wrong = await signIn(user, 'another password');
  expect([wrong.status, wrong.body.code]).toEqual([401, 'INVALID_CREDENTIALS']);
});

test('switched on again they sign in anew; what was ended stays ended', async () => {
  const user = await createPerson(server);
  await setStatus(user.id, 'inactive');
  expect((await setStatus(user.id, 'active')).body.status).toBe('active');
  expect((await server.rest('GET', '/auth/me', { token: user.token })).body.code).toBe('SESSION_REVOKED');
  expect((await refresh(user.refresh)).body.code).toBe('SESSION_REVOKED');
  expect((await signIn(user)).status).toBe(200);
});

test('a user who is off may do nothing, whatever they hold', async () => {
  const { id } = await server.createUser([{ name: 'Editor' }]);
  await setStatus(id, 'locked');
  const body = { user_id: id, permission: 'SEARCH' };
  const check = await server.rest('POST', '/rbac/check', { token: admin.token, body });
  expect(check.body).toEqual({ allowed: false, reason: 'user_inactive' });
  const rights = await server.rest('GET', `/users/${id}/permissions`, { token: admin.token });
  expect([rights.status, rights.body.roles, rights.body.permissions]).toEqual([200, [], []]);
});

test('the same status again changes nothing and is no act', async () => {
  const user = await createPerson(server);
  expect((await setStatus(user.id, 'active')).status).toBe(200);
  expect((await server.rest('GET', '/auth/me', { token: user.token })).status).toBe(200);
  await setStatus(user.id, 'inactive');
  await setStatus(user.id, 'inactive');
  expect(await listActs(server, user.id)).toMatchObject([
    { act: 'users.set_status', actor: { id: admin.id }, details: { from: 'active', to: 'inactive' } },
  ]);
});

test('is NOT_FOUND for nobody, and takes the three statuses only', async () => {
  expect((await setStatus('0'.repeat(24), 'inactive')).body.code).toBe('NOT_FOUND');
  for (const status of ['disabled', '', 'Active'])
    expect((await setStatus(admin.id, status)).body.code).toBe('VALIDATION_FAILED');
});
