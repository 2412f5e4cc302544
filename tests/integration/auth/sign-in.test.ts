// Signing in, the pair of tokens, and what ends them, as a REST consumer sees it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('signs in by e-mail and by user name, whatever their case', async () => {
  const user = await server.createUser();
  for (const body of [
    { email: user.email.toUpperCase(), password: user.password },
    { username: user.username, password: user.password },
  ]) {
    const answer = await server.rest('POST', '/auth/login', { body });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 'ok',
      token_type: 'Bearer',
      expires_in: 900,
      user: { id: user.id, roles: ['User'] },
    });
    expect(Object.keys(answer.body.user).sort()).toEqual([
      'email',
      'id',
      'permissions',
      'phone',
      'profile',
      'roles',
      'username',
    ]);
  }
});

test('answers an unknown user and a wrong password alike', async () => {
  const user = await server.createUser();
  const wrong = await server.rest('POST', '/auth/login', { body: { email: user.email, password: 'wrong password' } });
  const unknown = await server.rest('POST', '/auth/login', {
    body: { email: 'nobody@example.com', password: 'wrong password' },
  });
  expect(wrong.status).toBe(401);
  expect({ ...wrong.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  expect(wrong.body.code).toBe('INVALID_CREDENTIALS');
});

test('refreshes, and a logout ends token and refresh token at once', async () => {
  const tokens = await server.signIn(await server.createUser());
  const refreshed = await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
  expect(refreshed.status).toBe(200);
  expect(refreshed.body.refresh_token).not.toBe(tokens.refresh);
  expect((await server.rest('POST', '/auth/logout', { token: refreshed.body.access_token })).status).toBe(204);
  expect((await server.rest('GET', '/auth/me', { token: refreshed.body.access_token })).body.code).toBe(
    'SESSION_REVOKED',
  );
  expect((await server.rest('GET', '/auth/me', { token: tokens.access })).body.code).toBe('SESSION_REVOKED');
  const after = await server.rest('POST', '/auth/refresh', { body: { refresh_token: refreshed.body.refresh_token } });
  expect([after.status, after.body.code]).toEqual([401, 'SESSION_REVOKED']);
});
