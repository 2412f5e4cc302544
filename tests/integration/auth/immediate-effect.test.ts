// What takes force from a living token: at the next call on the instance that acts, within a second on every other.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';

let acting: TestServer;
let other: TestServer;
let admin: string;
beforeAll(async () => {
  acting = await startTestServer();
  other = await startTestServer({ sharedWith: acting });
  admin = (await acting.signIn(await acting.createUser([{ name: 'Admin' }]))).access;
});
afterAll(async () => {
  await other.close();
  await acting.close();
});

/** The code an instance answers the token with; null while it is good. */
async function judge(instance: TestServer, token: string): Promise<string | null> {
  const { body } = await instance.rest('GET', '/auth/me', { token });
  return body.code ?? null;
}

async function expectEverywhere(token: string, code: string): Promise<void> {
  expect(await judge(acting, token)).toBe(code);
  await vi.waitFor(async () => expect(await judge(other, token)).toBe(code), soon);
  for (const instance of [acting, other]) {
    const { body } = await instance.rest('POST', '/auth/verify', { body: { token } });
    expect(body).toEqual({ valid: false, allowed: false, reason: code });
  }
}

async function signIn(roles: string[] = ['User']): Promise<{ user: TestUser; tokens: Tokens }> {
  const user = await acting.createUser(roles.map((name) => ({ name })));
  const tokens = await acting.signIn(user);
  // Kept as verified by both, as tokens in use are.
  for (const instance of [acting, other]) expect(await judge(instance, tokens.access)).toBeNull();
  return { user, tokens };
}

async function act(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await acting.rest(method, path, { token: admin, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${path} answered ${answer.status} ${answer.body.code}`);
}

const refresh = (token: string, on = acting) => on.rest('POST', '/auth/refresh', { body: { refresh_token: token } });

describe('a revoked session', () => {
  test('by logout', async () => {
    const { tokens } = await signIn();
    await acting.rest('POST', '/auth/logout', { token: tokens.access });
    await expectEverywhere(tokens.access, 'SESSION_REVOKED');
    expect((await refresh(tokens.refresh, other)).body.code).toBe('SESSION_REVOKED');
  });

  test('by logout everywhere, and by hand from another device', async () => {
    const { user, tokens } = await signIn();
    const second = await acting.signIn(user);
    const [, lost] = (await acting.rest('GET', '/auth/sessions', { token: second.access })).body.items;
    await acting.rest('DELETE', `/auth/sessions/${lost.id}`, { token: second.access });
    await expectEverywhere(tokens.access, 'SESSION_REVOKED');
    await acting.rest('POST', '/auth/logout-all', { token: second.access });
    await expectEverywhere(second.access, 'SESSION_REVOKED');
  });

  test('by reuse of a refresh token', async () => {
    const { tokens } = await signIn();
    const second = await refresh(tokens.refresh);
    await refresh(second.body.refresh_token);
    await refresh(tokens.refresh);
    await expectEverywhere(second.body.access_token, 'SESSION_REVOKED');
  });
});

describe('a status', () => {
  test.each(['inactive', 'locked'] as const)('%s ends all sessions, and lets nobody in', async (status) => {
    const { user, tokens } = await signIn();
    await act('POST', `/users/${user.id}/status`, { status });
    await expectEverywhere(tokens.access, 'SESSION_REVOKED');
    for (const instance of [acting, other]) {
      expect((await refresh(tokens.refresh, instance)).body.code).toBe('SESSION_REVOKED');
      const { email, password } = user;
      const login = await instance.rest('POST', '/auth/login', { body: { email, password } });
      expect([login.status, login.body.code]).toEqual([403, 'ACCOUNT_DISABLED']);
    }
  });

  test('set back to active revives no session', async () => {
    const { user, tokens } = await signIn();
    await act('POST', `/users/${user.id}/status`, { status: 'inactive' });
    await act('POST', `/users/${user.id}/status`, { status: 'active' });
    await expectEverywhere(tokens.access, 'SESSION_REVOKED');
    expect((await refresh(tokens.refresh)).body.code).toBe('SESSION_REVOKED');
    expect(await judge(other, (await acting.signIn(user)).access)).toBeNull();
  });

  test('is told with the password only: a wrong one answers as ever', async () => {
    const { user } = await signIn();
    await act('POST', `/users/${user.id}/status`, { status: 'locked' });
    const wrong = await other.rest('POST', '/auth/login', { body: { email: user.email, password: 'wrong password' } });
    expect(wrong.body.code).toBe('INVALID_CREDENTIALS');
  });
});

describe('a grant', () => {
  test('that is made calls for a refresh, which brings it', async () => {
    const { user, tokens } = await signIn();
    await act('POST', `/users/${user.id}/roles`, { role_id: acting.roleId('Editor') });
    await expectEverywhere(tokens.access, 'TOKEN_STALE');
    const { status, body } = await refresh(tokens.refresh, other);
    expect([status, body.user.roles]).toEqual([200, ['User', 'Editor']]);
    for (const instance of [acting, other]) expect(await judge(instance, body.access_token)).toBeNull();
  });

  test('that is taken away calls for a refresh, which goes without it', async () => {
    const { user, tokens } = await signIn(['User', 'Editor']);
    await act('DELETE', `/users/${user.id}/roles/${acting.roleId('Editor')}`);
    await expectEverywhere(tokens.access, 'TOKEN_STALE');
    const { body } = await refresh(tokens.refresh);
    expect(body.user.roles).toEqual(['User']);
    expect(body.user.permissions).not.toContain('knowledge:DELETE');
  });

  test('of another user leaves a token alone', async () => {
    const [{ tokens }, { user }] = [await signIn(), await signIn()];
    await act('POST', `/users/${user.id}/roles`, { role_id: acting.roleId('Author') });
    for (const instance of [acting, other]) expect(await judge(instance, tokens.access)).toBeNull();
  });

  test('counts in checks of another, before they have called again', async () => {
    const { user } = await signIn();
    const check = (instance: TestServer) =>
      instance.rest('POST', '/rbac/check', {
        token: admin,
        body: { user_id: user.id, resource: 'knowledge', action: 'DELETE' },
      });
    expect((await check(other)).body.allowed).toBe(false);
    await act('POST', `/users/${user.id}/roles`, { role_id: acting.roleId('Editor') });
    for (const instance of [acting, other])
      expect((await check(instance)).body).toEqual({ allowed: true, reason: 'granted' });
    await act('DELETE', `/users/${user.id}/roles/${acting.roleId('Editor')}`);
    for (const instance of [acting, other]) expect((await check(instance)).body.allowed).toBe(false);
  });
});

describe('several reasons at once are told in this order', () => {
  test('session before epoch', async () => {
    const { user, tokens } = await signIn();
    await act('POST', `/users/${user.id}/roles`, { role_id: acting.roleId('Author') });
    await expectEverywhere(tokens.access, 'TOKEN_STALE');
    await acting.rest('POST', '/auth/logout', { body: { refresh_token: tokens.refresh } });
    await expectEverywhere(tokens.access, 'SESSION_REVOKED');
  });

  test('expiry before both', async () => {
    const { user, tokens } = await signIn();
    await act('POST', `/users/${user.id}/status`, { status: 'inactive' });
    await expectEverywhere(tokens.access, 'SESSION_REVOKED');
    acting.clock.advance(15 * 60_000);
    await expectEverywhere(tokens.access, 'TOKEN_EXPIRED');
    admin = (await acting.signIn(await acting.createUser([{ name: 'Admin' }]))).access;
  });
});
