// What ends sessions: logout by any credential, logout everywhere, ending one device; and the list of devices.
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer, type Tokens } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

const signIn = async (): Promise<Tokens> => server.signIn(await server.createUser());
const codeOfMe = async (token: string) => (await server.rest('GET', '/auth/me', { token })).body.code;
const refresh = (token: string) => server.rest('POST', '/auth/refresh', { body: { refresh_token: token } });

async function expectEnded({ access, refresh: token }: Tokens): Promise<void> {
  expect(await codeOfMe(access)).toBe('SESSION_REVOKED');
  expect((await refresh(token)).body.code).toBe('SESSION_REVOKED');
}

describe('logout', () => {
  test('by the access token', async () => {
    const tokens = await signIn();
    const { status, body } = await server.rest('POST', '/auth/logout', { token: tokens.access });
    expect([status, body]).toEqual([204, null]);
    await expectEnded(tokens);
  });

  test('by an access token that has expired', async () => {
    const tokens = await signIn();
    server.clock.advance(16 * 60_000);
    expect((await server.rest('POST', '/auth/logout', { token: tokens.access })).status).toBe(204);
    expect((await refresh(tokens.refresh)).body.code).toBe('SESSION_REVOKED');
  });

  test('by the refresh token, without a bearer', async () => {
    const tokens = await signIn();
    const { status } = await server.rest('POST', '/auth/logout', { body: { refresh_token: tokens.refresh } });
    expect(status).toBe(204);
    await expectEnded(tokens);
  });

  test('by a refresh token whose session has moved on', async () => {
    const { access, refresh: first } = await signIn();
    const { body } = await refresh(first);
    await server.rest('POST', '/auth/logout', { body: { refresh_token: first } });
    await expectEnded({ access, refresh: body.refresh_token });
  });

  test('over tRPC', async () => {
    const tokens = await signIn();
    expect((await server.trpc('auth.logout', undefined, { token: tokens.access })).status).toBe(200);
    await expectEnded(tokens);
  });

  test('succeeds however often it is called, and with whatever is presented', async () => {
    const tokens = await signIn();
    for (let call = 0; call < 3; call++) {
      expect((await server.rest('POST', '/auth/logout', { token: tokens.access })).status).toBe(204);
      const { status } = await server.rest('POST', '/auth/logout', { body: { refresh_token: tokens.refresh } });
      expect(status).toBe(204);
    }
    for (const options of [{}, { token: 'nonsense' }, { body: { refresh_token: 'nonsense' } }, { body: {} }])
      expect((await server.rest('POST', '/auth/logout', options)).status).toBe(204);
  });

  test('ends the sessions of both where bearer and refresh token are of different ones', async () => {
    const user = await server.createUser();
    const [one, two] = [await server.signIn(user), await server.signIn(user)];
    await server.rest('POST', '/auth/logout', { token: one.access, body: { refresh_token: two.refresh } });
    await expectEnded(one);
    await expectEnded(two);
  });

  test('ignores the access_token that older callers send in the body', async () => {
    const tokens = await signIn();
    const { status } = await server.rest('POST', '/auth/logout', { body: { access_token: tokens.access } });
    expect(status).toBe(204);
    expect(await codeOfMe(tokens.access)).toBeUndefined();
  });

  test('leaves the other devices alone', async () => {
    const user = await server.createUser();
    const [one, two] = [await server.signIn(user), await server.signIn(user)];
    await server.rest('POST', '/auth/logout', { token: one.access });
    expect(await codeOfMe(two.access)).toBeUndefined();
    expect((await refresh(two.refresh)).status).toBe(200);
  });

  test('is audited once, with the session as target', async () => {
    const tokens = await signIn();
    const { sid, sub } = decodeJwt(tokens.access);
    await server.rest('POST', '/auth/logout', { token: tokens.access });
    await server.rest('POST', '/auth/logout', { token: tokens.access });
    const audit = server.deps.database.db.collection('audit_logs');
    const records = await audit.find({ act: 'auth.session_ended', 'target.id': sid }).toArray();
    expect(records).toMatchObject([{ actor: { kind: 'user', id: sub, sid }, details: { reason: 'logout' } }]);
  });

  test('beats a refresh in flight: what that still answers is worth nothing', async () => {
    const tokens = await signIn();
    const { findById } = server.deps.users;
    // The refresh has moved the session on already, and reads the user; the logout comes in between.
    vi.spyOn(server.deps.users, 'findById').mockImplementationOnce(async (...wanted) => {
      expect((await server.rest('POST', '/auth/logout', { token: tokens.access })).status).toBe(204);
      return findById(...wanted);
    });
    const { status, body } = await refresh(tokens.refresh);
    expect(status).toBe(200);
    await expectEnded({ access: body.access_token, refresh: body.refresh_token });
  });

  test('and refreshes at once: in whatever order they come, nothing is left', async () => {
    for (let round = 0; round < 10; round++) {
      const tokens = await signIn();
      const [, ...refreshed] = await Promise.all([
        server.rest('POST', '/auth/logout', { token: tokens.access }),
        ...Array.from({ length: 4 }, () => refresh(tokens.refresh)),
      ]);
      for (const { status, body } of refreshed) {
        if (status === 200) await expectEnded({ access: body.access_token, refresh: body.refresh_token });
        else expect(body.code).toBe('SESSION_REVOKED');
      }
      await expectEnded(tokens);
    }
  });
});

describe('logout everywhere', () => {
  test("ends all of one's own sessions, and nobody else's", async () => {
    const user = await server.createUser();
    const mine = [await server.signIn(user), await server.signIn(user), await server.signIn(user)];
    const foreign = await signIn();
    expect((await server.rest('POST', '/auth/logout-all', { token: mine[1]?.access })).status).toBe(204);
    for (const tokens of mine) await expectEnded(tokens);
    expect(await codeOfMe(foreign.access)).toBeUndefined();
    // Signing in again is a new session.
    expect(await codeOfMe((await server.signIn(user)).access)).toBeUndefined();
  });

  test('takes a live session', async () => {
    const { access } = await signIn();
    await server.rest('POST', '/auth/logout', { token: access });
    expect((await server.rest('POST', '/auth/logout-all', { token: access })).body.code).toBe('SESSION_REVOKED');
    expect((await server.rest('POST', '/auth/logout-all')).body.code).toBe('UNAUTHENTICATED');
  });
});

describe('the list of devices', () => {
  test("holds one's live sessions, newest first, and marks the present one", async () => {
    const user = await server.createUser();
    const body = { email: user.email, password: user.password };
    const phone = { device_type: 'mobile', device_name: '李雷的手机' };
    await server.rest('POST', '/auth/login', {
      body: { ...body, device: phone },
      headers: { 'user-agent': 'App/1.0' },
    });
    server.clock.advance(1_000);
    const ended = await server.signIn(user);
    server.clock.advance(1_000);
    const { access } = await server.signIn(user);
    await server.rest('POST', '/auth/logout', { token: ended.access });

    const list = await server.rest('GET', '/auth/sessions?with_total=true', { token: access });
    expect(list.body).toMatchObject({ next_cursor: null, total: 2 });
    const [present, mobile] = list.body.items;
    expect(present).toMatchObject({
      id: decodeJwt(access)['sid'],
      current: true,
      auth_methods: ['pwd'],
      client_id: null,
    });
    expect(mobile).toMatchObject({ current: false, device_info: { ...phone, user_agent: 'App/1.0', ip: '127.0.0.1' } });
    expect(Object.keys(mobile).sort()).toEqual([
      'auth_methods',
      'client_id',
      'created_at',
      'current',
      'device_info',
      'expires_at',
      'id',
      'last_accessed_at',
    ]);
  });

  test('leaves out what has reached its end, whether the database removed it or not', async () => {
    const user = await server.createUser();
    await server.signIn(user);
    server.clock.advance(8 * 86_400_000);
    const { access } = await server.signIn(user);
    expect((await server.rest('GET', '/auth/sessions', { token: access })).body.items).toHaveLength(1);
  });

  test('lets one be ended, at once', async () => {
    const user = await server.createUser();
    const [lost, present] = [await server.signIn(user), await server.signIn(user)];
    const path = `/auth/sessions/${decodeJwt(lost.access)['sid']}`;
    expect((await server.rest('DELETE', path, { token: present.access })).status).toBe(204);
    await expectEnded(lost);
    expect(await codeOfMe(present.access)).toBeUndefined();
    const again = await server.rest('DELETE', path, { token: present.access });
    expect([again.status, again.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test("answers another's session like one that does not exist, and leaves it alone", async () => {
    const [mine, foreign] = [await signIn(), await signIn()];
    for (const sid of [decodeJwt(foreign.access)['sid'], '0'.repeat(24)]) {
      const { status, body } = await server.rest('DELETE', `/auth/sessions/${sid}`, { token: mine.access });
      expect([status, body.code, body.detail]).toEqual([404, 'NOT_FOUND', 'Not found']);
    }
    expect(await codeOfMe(foreign.access)).toBeUndefined();
  });
});
