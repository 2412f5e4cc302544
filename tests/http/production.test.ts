// Production mode: nothing over plain HTTP, HSTS, and no tools of development.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request, sendRaw } from '../support/doors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const publicUrl = 'https://auth.example.com';
const env = { ADMIN_PASSWORD: 'the first administrator' };
const config = (allow: ('http' | 'database_without_auth')[], trust_proxy: string[] = []) => ({
  server: { mode: 'production' as const, public_url: publicUrl, trust_proxy },
  security: { allow_insecure: allow, bcrypt_cost: 12 },
  rate_limit: { enabled: true },
  mail: { smtp_url: 'smtp://127.0.0.1:1' },
});

describe('behind a proxy that ends TLS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ env, config: config(['database_without_auth'], ['127.0.0.1']) });
  });
  afterAll(() => server.close());
  const https = { 'x-forwarded-proto': 'https' };

  test('what came over https is served, with HSTS', async () => {
    const { status, headers } = await server.rest('GET', '/users', { headers: https });
    expect(status).toBe(401);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/);
  });

  test('a page that came over http is sent to the configured address, whatever Host says', async () => {
    const { status, headers } = await request(server, 'GET', '/docs/?x=1', { headers: { host: 'evil.example' } });
    expect([status, headers.get('location')]).toEqual([308, `${publicUrl}/docs/?x=1`]);
    const slashes = await request(server, 'GET', '//evil.example/path');
    expect(slashes.headers.get('location')).toBe(`${publicUrl}//evil.example/path`);
    const whole = await sendRaw(server, 'GET http://evil.example/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(whole).toMatch(/^HTTP\/1\.1 404 /);
    expect(whole).not.toMatch(/location:/i);
  });

  test('a call that came over http is refused on both doors: its secrets were read on the way', async () => {
    const rest = await server.rest('POST', '/auth/login', { body: { email: 'a@example.com', password: 'x' } });
    expect([rest.status, rest.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(rest.body.detail).toMatch(/https/);
    const trpc = await server.trpc('auth.login', { email: 'a@example.com', password: 'x' });
    expect([trpc.status, trpc.body.error.json.data.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('probes are answered over http', async () => {
    expect((await request(server, 'GET', '/health/live')).status).toBe(200);
    expect((await request(server, 'GET', '/health/live/../../api/v1/users')).status).not.toBe(401);
  });

  test('there is no development outbox', async () => {
    const { status, body } = await request(server, 'GET', '/dev/outbox', { headers: https });
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
  });
});

test('only a trusted proxy says that a call came over https: nobody does so themselves', async () => {
  const server = await startTestServer({ env, config: config(['database_without_auth'], ['192.0.2.1']) });
  try {
    const answer = await server.rest('POST', '/auth/login', { body: {}, headers: { 'x-forwarded-proto': 'https' } });
    expect(answer.body.detail).toMatch(/https/);
  } finally {
    await server.close();
  }
});

test('allowed by name, plain http is served', async () => {
  const server = await startTestServer({ env, config: config(['http', 'database_without_auth']) });
  try {
    expect((await server.rest('GET', '/users')).status).toBe(401);
  } finally {
    await server.close();
  }
});
