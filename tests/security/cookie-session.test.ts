// Sessions of browsers: the refresh token in a cookie that no script reads and no foreign page uses.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';

const APP = 'https://app.example.com';
const COOKIE = '__Host-ac_refresh';

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ config: { server: { cors_origins: [APP] } } });
  user = await server.createUser();
});
afterAll(() => server.close());

const own = () => ({ origin: server.url });
const readCookie = ({ headers }: RestAnswer): string | null =>
  headers.getSetCookie().find((cookie) => cookie.startsWith(`${COOKIE}=`)) ?? null;
const tokenOf = (cookie: string | null): string => /=([^;]*)/.exec(cookie ?? '')?.[1] ?? '';
const sendCookie = (value: string) => ({ cookie: `other=1; ${COOKIE}=${value}` });

const login = (headers: Record<string, string>, fields: Record<string, unknown> = {}) =>
  server.rest('POST', '/auth/login', {
    body: { email: user.email, password: user.password, refresh_transport: 'cookie', ...fields },
    headers,
  });
const signIn = async (): Promise<{ access: string; cookie: string }> => {
  const answer = await login(own());
  return { access: answer.body.access_token, cookie: tokenOf(readCookie(answer)) };
};
const refresh = (cookie: string, headers: Record<string, string> = own()) =>
  server.rest('POST', '/auth/refresh', { headers: { ...sendCookie(cookie), ...headers } });

describe('the cookie', () => {
  test('is HttpOnly, Secure, SameSite=Lax, for this host alone, and lasts as long as the session', async () => {
    const answer = await login(own());
    const [pair, ...flags] = (readCookie(answer) ?? '').split('; ');
    expect(pair).toMatch(/^__Host-ac_refresh=ey[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(flags.sort()).toEqual(['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Lax', 'Secure']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).not.toHaveProperty('refresh_token');
  });

  test('moves on with each refresh, and its body never holds the token', async () => {
    const { cookie } = await signIn();
    const answer = await refresh(cookie);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('refresh_token');
    const next = tokenOf(readCookie(answer));
    expect(decodeJwt(next).jti).not.toBe(decodeJwt(cookie).jti);
    expect((await refresh(next)).status).toBe(200);
  });

  test('works over tRPC', async () => {
    const { cookie } = await signIn();
    const answer = await server.trpc('auth.refresh', undefined, { headers: { ...sendCookie(cookie), ...own() } });
    expect(answer.status).toBe(200);
    expect(answer.body.result.data.json).not.toHaveProperty('refresh_token');
    expect(readCookie(answer)).not.toBeNull();
  });

  test('says how long it still lasts', async () => {
    const { cookie } = await signIn();
    server.clock.advance(86_400_000);
    expect(readCookie(await refresh(cookie))).toMatch(/Max-Age=(518400|518399);/);
  });
});

describe('the transport is fixed when the session opens', () => {
  test("a cookie's token is no good in a body", async () => {
    const { cookie } = await signIn();
    const { status, body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: cookie } });
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    // And the attempt does the session no harm.
    expect((await refresh(cookie)).status).toBe(200);
  });

  test("a body's token is no good as a cookie", async () => {
    const tokens = await server.signIn(user);
    const { status, body } = await refresh(tokens.refresh);
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } })).status).toBe(200);
  });

  test('also for the token before, within its grace', async () => {
    const { cookie } = await signIn();
    await refresh(cookie);
    const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: cookie } });
    expect(body.code).toBe('UNAUTHENTICATED');
  });
});

/** What a page elsewhere, a sandboxed frame or no page at all would send. */
const FOREIGN: [string, () => Record<string, string>][] = [
  ['no Origin', () => ({})],
  ['a foreign Origin', () => ({ origin: 'https://evil.example' })],
  ['Origin null', () => ({ origin: 'null' })],
  ['an Origin that begins like ours', () => ({ origin: `${server.url}.evil.example` })],
  ['an Origin of another scheme', () => ({ origin: server.url.replace('http:', 'https:') })],
  ['an Origin of another port', () => ({ origin: 'http://127.0.0.1:1' })],
  ['an Origin that begins like a listed one', () => ({ origin: `${APP}.evil.example` })],
  ['a listed host without TLS', () => ({ origin: APP.replace('https:', 'http:') })],
  ['our Origin from another site', () => ({ ...own(), 'sec-fetch-site': 'cross-site' })],
  ['our Origin typed by hand', () => ({ ...own(), 'sec-fetch-site': 'none' })],
];

describe.each(FOREIGN)('%s', (_what, headers) => {
  test('neither refreshes, signs in, registers nor signs out by cookie', async () => {
    const { access, cookie } = await signIn();
    const calls = [
      await refresh(cookie, headers()),
      await server.rest('POST', '/auth/logout', { headers: { ...sendCookie(cookie), ...headers() } }),
      await login(headers()),
      await server.rest('POST', '/auth/register', {
        body: {
          username: 'csrf.victim',
          email: 'csrf.victim@example.com',
          password: 'a long enough one',
          refresh_transport: 'cookie',
        },
        headers: headers(),
      }),
    ];
    for (const answer of calls) {
      expect([answer.status, answer.body.code]).toEqual([403, 'ORIGIN_REFUSED']);
      expect(readCookie(answer)).toBeNull();
    }
    expect((await server.rest('GET', '/auth/me', { token: access })).status).toBe(200);
    expect((await refresh(cookie)).status).toBe(200);
    expect(await server.deps.users.findByLogin({ username: 'csrf.victim' })).toBeNull();
  });
});

test('a refused origin is no failed sign-in, and looks at no password', async () => {
  for (let call = 0; call < 10; call++) await login({ origin: 'https://evil.example' }, { password: 'wrong password' });
  server.clock.advance(60_000);
  expect((await login(own())).status).toBe(200);
});

describe('is used from', () => {
  test.each(['same-origin', 'same-site'])('a page of ours: %s', async (site) => {
    const { cookie } = await signIn();
    expect((await refresh(cookie, { ...own(), 'sec-fetch-site': site })).status).toBe(200);
  });

  test('a listed origin, which may read the answer', async () => {
    const { cookie } = await signIn();
    const answer = await refresh(cookie, { origin: APP, 'sec-fetch-site': 'same-site' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  });
});

describe('logout', () => {
  test('by the cookie ends the session and clears it', async () => {
    const { access, cookie } = await signIn();
    const answer = await server.rest('POST', '/auth/logout', { headers: { ...sendCookie(cookie), ...own() } });
    expect(answer.status).toBe(204);
    expect(readCookie(answer)).toMatch(/^__Host-ac_refresh=; .*Expires=Thu, 01 Jan 1970/);
    expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('SESSION_REVOKED');
    expect((await refresh(cookie)).body.code).toBe('SESSION_REVOKED');
  });

  test('everywhere clears it too', async () => {
    const { access, cookie } = await signIn();
    const answer = await server.rest('POST', '/auth/logout-all', { token: access, headers: sendCookie(cookie) });
    expect(answer.status).toBe(204);
    expect(readCookie(answer)).toMatch(/^__Host-ac_refresh=;/);
  });
});

test('a cookie brought along is never adopted: signing in opens a session of its own', async () => {
  const planted = await signIn();
  const answer = await login({ ...own(), ...sendCookie(planted.cookie) });
  expect(answer.status).toBe(200);
  const fresh = tokenOf(readCookie(answer));
  expect(decodeJwt(fresh)['sid']).not.toBe(decodeJwt(planted.cookie)['sid']);
  expect(decodeJwt(fresh).jti).not.toBe(decodeJwt(planted.cookie).jti);
});

test('a cookie alone authenticates nothing but refresh and logout', async () => {
  const { cookie } = await signIn();
  const { status, body } = await server.rest('GET', '/auth/me', { headers: { ...sendCookie(cookie), ...own() } });
  expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
});

test('logout by the cookie is not put off by a bearer that does not verify', async () => {
  const { cookie } = await signIn();
  const headers = { ...sendCookie(cookie), ...own() };
  expect((await server.rest('POST', '/auth/logout', { token: 'garbage', headers })).status).toBe(204);
  expect((await refresh(cookie)).body.code).toBe('SESSION_REVOKED');
});
