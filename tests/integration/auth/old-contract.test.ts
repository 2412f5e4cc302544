// Callers written to the contract of the earlier design: their sign-in calls as they stand, byte for byte.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCodes } from '../../support/codes.ts';
import { claimsOf } from '../../support/second-factors.ts';
import { type Answer, type RestAnswer, startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** A body as text, so that nothing of this code base has a hand in it. */
const post = (path: string, body: string, token?: string): Promise<RestAnswer> =>
  server.rest('POST', path, { body, ...(token === undefined ? {} : { token }) });

const PAIR = {
  access_token: expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/),
  refresh_token: expect.stringMatching(/^ey[\w-]+\.[\w-]+\.[\w-]+$/),
  expires_in: 900,
};

async function signIn(): Promise<Answer> {
  const { email, password } = await server.createUser();
  return (await post('/auth/login', `{"email": "${email}", "password": "${password}"}`)).body;
}

test('POST /auth/login {"phone", "code"}, without the id of a challenge', async () => {
  expect((await post('/auth/otp', '{"phone": "13800138000", "purpose": "login"}')).status).toBe(202);
  const [code] = await readCodes([server], '+8613800138000');
  const { status, body } = await post('/auth/login', `{"phone": "13800138000", "code": "${code}"}`);
  expect([status, body]).toEqual([200, expect.objectContaining(PAIR)]);
});

test('POST /auth/login {"email", "password"}', async () => {
  const { email, password } = await server.createUser();
  const { status, body } = await post('/auth/login', `{"email": "${email}", "password": "${password}"}`);
  expect([status, body]).toEqual([200, expect.objectContaining(PAIR)]);
});

test('POST /auth/register {"username", "email", "password"}', async () => {
  const { status, body } = await post(
    '/auth/register',
    '{"username": "zhangsan", "email": "zhangsan@example.com", "password": "SecurePass123!"}',
  );
  expect([status, body.user.username]).toEqual([201, 'zhangsan']);
  expect(body).toMatchObject(PAIR);
});

test('POST /auth/refresh, with the expired access token in the header and as access_token', async () => {
  for (const inHeader of [true, false]) {
    const { access_token, refresh_token } = await signIn();
    server.clock.advance(900_000);
    const header = inHeader ? access_token : undefined;
    expect((await server.rest('GET', '/auth/me', { token: access_token })).body.code).toBe('TOKEN_EXPIRED');
    const body = `{"refresh_token": "${refresh_token}", "access_token": "${access_token}"}`;
    const answer = await post('/auth/refresh', body, header);
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining(PAIR)]);
    const { status } = await server.rest('GET', '/auth/me', { token: answer.body.access_token });
    expect(status).toBe(200);
  }
});

test('an access token in the place of a refresh token is none, wherever the true one stands', async () => {
  const { access_token } = await signIn();
  for (const body of [`{"refresh_token": "${access_token}"}`, `{"access_token": "${access_token}"}`, '{}', ''])
    expect((await post('/auth/refresh', body, access_token)).body.code).toBe('UNAUTHENTICATED');
});

test('POST /auth/logout, with the access token in the header, in the body as well, and once more', async () => {
  for (const body of [(token: string) => `{"access_token": "${token}"}`, () => '{}', () => '']) {
    const { access_token, refresh_token } = await signIn();
    for (let call = 0; call < 2; call++) {
      const answer = await post('/auth/logout', body(access_token), access_token);
      expect([answer.status, answer.body]).toEqual([204, null]);
    }
    const after = await post('/auth/refresh', `{"refresh_token": "${refresh_token}"}`);
    expect([after.status, after.body.code]).toEqual([401, 'SESSION_REVOKED']);
  }
});

test('POST /auth/logout, with an access token that has expired and the refresh token', async () => {
  const { access_token, refresh_token } = await signIn();
  server.clock.advance(900_000);
  const answer = await post('/auth/logout', `{"refresh_token": "${refresh_token}"}`, access_token);
  expect(answer.status).toBe(204);
  expect((await post('/auth/refresh', `{"refresh_token": "${refresh_token}"}`)).body.code).toBe('SESSION_REVOKED');
});

test('POST /auth/verify {"token", "resource": "knowledge_base", "action": "CREATE"}, with no other credential', async () => {
  for (const [role, allowed] of [
    ['Author', true],
    ['User', false],
  ] as const) {
    const user = await server.createUser([{ name: role }]);
    const { access } = await server.signIn(user);
    const { status, body } = await post(
      '/auth/verify',
      `{"token": "${access}", "resource": "knowledge_base", "action": "CREATE"}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ valid: true, allowed, user: { id: user.id, username: user.username, roles: [role] } });
  }
});

test('POST /auth/verify {"token"} of an expired, ended or false token says so, and nothing of its holder', async () => {
  const [ended, expired] = [await signIn(), await signIn()];
  await post('/auth/logout', '', ended.access_token);
  const verify = async (token: string) => (await post('/auth/verify', `{"token": "${token}"}`)).body;
  expect(await verify(ended.access_token)).toEqual({ valid: false, allowed: false, reason: 'SESSION_REVOKED' });
  server.clock.advance(900_000);
  expect(await verify(expired.access_token)).toEqual({ valid: false, allowed: false, reason: 'TOKEN_EXPIRED' });
  for (const token of [`${expired.access_token}x`, expired.refresh_token, 'abc', ''])
    expect(await verify(token)).toEqual({ valid: false, allowed: false });
});

test('GET /users/{id}/permissions, by the claim user_id or userId of one’s own token', async () => {
  const { access_token } = await signIn();
  const { user_id, userId, sub } = claimsOf(access_token);
  expect([user_id, userId]).toEqual([sub, sub]);
  const { status, body } = await server.rest('GET', `/users/${user_id}/permissions`, { token: access_token });
  expect([status, body.user_id, body.roles[0].name]).toEqual([200, sub, 'User']);
  expect(body.permissions[0]).toEqual({
    name: expect.any(String),
    resource: expect.any(String),
    action: expect.any(String),
    granted_by_roles: ['User'],
  });
});
