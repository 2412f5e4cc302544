// The development outbox: a mailbox for everybody on this machine, and for nobody else.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request } from '../support/doors.ts';
import { requestAsHost } from '../support/foreign-host.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

let server: TestServer;
let email: string;
beforeAll(async () => {
  server = await startTestServer();
  email = await register(server);
});
afterAll(() => server.close());

async function register(on: TestServer): Promise<string> {
  const tag = randomBytes(5).toString('hex');
  const body = { username: `o_${tag}`, email: `${tag}@example.com`, password: 'correct horse battery' };
  expect((await on.rest('POST', '/auth/register', { body })).status).toBe(201);
  await settleOutbox(on);
  return body.email;
}

const read = (on: TestServer, query = '', headers: Record<string, string> = {}) =>
  request(on, 'GET', `/dev/outbox${query}`, { headers });

describe('from this machine, in development', () => {
  test('holds what was sent to an address, newest first', async () => {
    await server.rest('POST', '/auth/email/resend', { body: { email }, headers: { 'accept-language': 'zh' } });
    await settleOutbox(server);
    await register(server);
    const { status, body } = await read(server, `?to=${email}`);
    expect(status).toBe(200);
    expect(body.items.map(({ subject }: { subject: string }) => subject)).toEqual([
      '请验证您的邮箱',
      'Confirm your e-mail address',
    ]);
    expect(body.items[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      channel: 'email',
      to: email,
      subject: '请验证您的邮箱',
      text: expect.stringContaining('/verify-email?token='),
      code: null,
      link: expect.stringMatching(/\/verify-email\?token=[\w-]{43}$/),
      created_at: expect.stringMatching(/Z$/),
    });
    const all = await read(server);
    expect(new Set(all.body.items.map(({ to }: { to: string }) => to)).size).toBe(2);
  });

  test('is a page without script for a browser', async () => {
    const page = await read(server, '', { accept: 'text/html,application/xhtml+xml' });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(page.body).toContain(email);
    expect(page.body).not.toContain('<script');
  });

  test('shows markup as text', async () => {
    await server.deps.mailSender?.send({
      to: email,
      subject: '<img src=x onerror=alert(1)>',
      text: '</pre><script>alert(1)</script>',
      html: '',
      link: 'https://x/"onmouseover="alert(1)',
      code: '<b>1</b>',
    });
    const { body } = await read(server, '', { accept: 'text/html' });
    expect(body).not.toMatch(/<img|<script|"onmouseover/);
    expect(body).toContain('&lt;img src=x');
  });

  test('waits for what is on its way, as long as it is told', async () => {
    const to = `${randomBytes(5).toString('hex')}@example.com`;
    expect((await read(server, `?to=${to}&wait=0.1`)).body.items).toEqual([]);
    const waiting = read(server, `?to=${to}&wait=10`);
    await server.deps.mailSender?.send({ to, subject: 'Late', text: 'Late', html: '', link: null, code: '123456' });
    expect((await waiting).body.items).toMatchObject([{ to, code: '123456' }]);
  });

  test('takes one address and some seconds', async () => {
    for (const [query, path, message] of [
      ['?to=a&to=b', 'to', 'must be one address or number'],
      [`?to=${'x'.repeat(255)}`, 'to', 'must be one address or number'],
      ['?wait=soon', 'wait', 'must be seconds, from 0 to 10'],
      ['?wait=11', 'wait', 'must be seconds, from 0 to 10'],
    ] as const) {
      const { status, body } = await read(server, query);
      expect([status, body.code, body.errors]).toEqual([400, 'VALIDATION_FAILED', [{ path, message }]]);
    }
    expect((await read(server, '?to[$ne]=x')).status).not.toBe(500);
  });
});

describe('is not there', () => {
  test.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '[',
    'a b',
    '0.0.0.0',
  ])('for a page whose name resolves here: Host %s', async (host) => {
    const { status, body } = await requestAsHost(server, host, 'GET', '/dev/outbox');
    expect([status === 400 || status === 404, body.includes(email)]).toEqual([true, false]);
  });

  test.each([{ 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }, { 'x-real-ip': '127.0.0.1' }])(
    'for what a proxy forwards, where none is trusted: %o',
    async (headers) => {
      expect((await read(server, '', headers)).status).toBe(404);
      expect((await request(server, 'GET', '/metrics', { headers })).status).toBe(404);
      expect((await request(server, 'GET', '/metrics')).status).toBe(200);
    },
  );

  test('though the page claims another host, where a proxy is trusted', async () => {
    const behind = await startTestServer({ config: { server: { trust_proxy: ['127.0.0.1'] } } });
    try {
      const to = await register(behind);
      for (const headers of [
        { 'x-forwarded-host': 'localhost' },
        { 'x-forwarded-host': '127.0.0.1', 'x-forwarded-for': '127.0.0.1' },
      ]) {
        const { status, body } = await requestAsHost(behind, 'evil.example', 'GET', '/dev/outbox', { headers });
        expect([status, body.includes(to)]).toEqual([404, false]);
      }
      // Nor for a caller from outside, whom the proxy names.
      for (const from of ['203.0.113.9', '10.0.0.1', '127.0.0.1, 203.0.113.9'])
        expect((await read(behind, '', { 'x-forwarded-for': from })).status).toBe(404);
      expect((await read(behind)).status).toBe(200);
    } finally {
      await behind.close();
    }
  });

  test('in production', async () => {
    const production = await startTestServer({
      env: { ADMIN_PASSWORD: 'the first administrator' },
      config: {
        server: { mode: 'production', public_url: 'https://auth.example.com' },
        security: { bcrypt_cost: 12, allow_insecure: ['http', 'database_without_auth'] },
        registration: { email_verification: 'off' },
        rate_limit: { enabled: true },
      },
    });
    try {
      for (const accept of ['application/json', 'text/html']) {
        const { status, body } = await read(production, '', { accept });
        expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
      }
      expect((await requestAsHost(production, 'localhost', 'GET', '/dev/outbox')).status).toBe(404);
      expect(production.deps.mailSender).toBeNull();
    } finally {
      await production.close();
    }
  });
});
