// Headers of answers: what browsers are told to enforce, what may be kept, and which pages of other sites may read.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request } from '../support/doors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const listed = 'https://app.example.com';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { server: { cors_origins: [listed, 'http://localhost:3000'] } } });
});
afterAll(() => server.close());

const paths = [
  '/api/v1/users',
  '/trpc/users.list',
  '/nowhere',
  '/health/live',
  '/verify-email',
  '/docs/',
  '/openapi.json',
];

describe.each(paths)('%s', (path) => {
  test('has the headers that browsers enforce', async () => {
    const { headers } = await request(server, 'GET', path);
    const csp = headers.get('content-security-policy') ?? '';
    expect(csp).toMatch(/default-src '(none|self)'/);
    expect(csp).toContain("frame-ancestors 'none'");
    // No script but files of our own, and none in a page.
    expect(/script-src[^;]*unsafe/.test(csp) || /default-src[^;]*unsafe/.test(csp)).toBe(false);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });

  test('is kept by nobody unless it says so itself', async () => {
    const { headers } = await request(server, 'GET', path);
    const kept = ['/openapi.json'];
    expect(headers.get('cache-control')).toBe(kept.includes(path) ? 'public, max-age=300' : 'no-store');
  });
});

test('answers with tokens are kept by nobody', async () => {
  const user = await server.createUser();
  const input = { email: user.email, password: user.password };
  for (const { status, headers } of [
    await server.rest('POST', '/auth/login', { body: input }),
    await server.trpc('auth.login', input),
  ])
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
});

test('HSTS is for production: elsewhere it would lock developers out of their own machine', async () => {
  const { headers } = await request(server, 'GET', '/health/live');
  expect(headers.get('strict-transport-security')).toBeNull();
});

describe('pages of other sites', () => {
  const preflight = (path: string, origin: string, method = 'POST', wanted = 'authorization,content-type') =>
    request(server, 'OPTIONS', path, {
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': wanted },
    });

  test.each(['/api/v1/users', '/trpc/users.list'])('on the list may call %s', async (path) => {
    const asked = await preflight(path, listed);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(listed);
    expect(asked.headers.get('access-control-allow-credentials')).toBe('true');
    expect(asked.headers.get('access-control-allow-methods')).toMatch(/POST/);
    const allowed = (asked.headers.get('access-control-allow-headers') ?? '').split(/, ?/);
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'x-request-id', 'traceparent'])
      expect(allowed).toContain(name);
    const { headers } = await request(server, 'GET', path, { headers: { origin: listed } });
    expect(headers.get('access-control-allow-origin')).toBe(listed);
    expect(headers.get('vary')).toMatch(/origin/i);
    const exposed = (headers.get('access-control-expose-headers') ?? '').split(/, ?/);
    expect(exposed).toEqual(expect.arrayContaining(['x-request-id', 'retry-after', 'www-authenticate']));
  });

  test.each([
    'https://evil.example.com',
    'https://app.example.com.evil.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://sub.app.example.com',
    'null',
    'http://localhost:3001',
  ])('%s may not', async (origin) => {
    for (const path of ['/api/v1/users', '/trpc/users.list']) {
      const asked = await preflight(path, origin);
      expect(asked.headers.get('access-control-allow-origin')).toBeNull();
      const { headers } = await request(server, 'GET', path, { headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('an OPTIONS that is no preflight is no error', async () => {
    for (const headers of [{}, { origin: listed }] as Record<string, string>[]) {
      const { status, body } = await request(server, 'OPTIONS', '/api/v1/users', { headers });
      expect([status, body]).toEqual([204, null]);
    }
  });

  test('a refusal before any procedure is readable to them as well', async () => {
    const answers = [
      await server.rest('POST', '/auth/login', { body: '{', headers: { origin: listed } }),
      await request(server, 'POST', '/trpc/auth.login', {
        body: 'x',
        headers: { origin: listed, 'content-type': 'text/plain' },
      }),
      await request(server, 'GET', '/api/v1/nowhere', { headers: { origin: listed } }),
    ];
    for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBe(listed);
  });
});

test('with * any page may call, but without cookies', async () => {
  const open = await startTestServer({ config: { server: { cors_origins: ['*'] } } });
  try {
    const { headers } = await request(open, 'GET', '/api/v1/users', { headers: { origin: 'https://any.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  } finally {
    await open.close();
  }
});

test('without a list no page of another site may', async () => {
  const closed = await startTestServer();
  try {
    const { headers } = await request(closed, 'GET', '/api/v1/users', { headers: { origin: listed } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  } finally {
    await closed.close();
  }
});
