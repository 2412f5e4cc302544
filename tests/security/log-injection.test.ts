// What a caller writes into headers and paths forges no line, hides in no control character, and grows without bound nowhere.

import { decodeJwt } from 'jose';
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestAsHost } from '../support/foreign-host.ts';
import { captureLog } from '../support/log-lines.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

const capture = captureLog('info');
let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ log: capture.log });
  user = await server.createUser();
});
afterAll(() => server.close());

const host = () => new URL(server.url).host;
const login = (headers: Record<string, string>) =>
  requestAsHost(server, host(), 'POST', '/api/v1/auth/login', {
    body: { email: user.email, password: user.password },
    headers,
  });
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('a User-Agent', () => {
  test.each([
    ['C1 controls, which terminals obey', 'evil\u009b31mred\u0085{"level":30,"msg":"forged"}'],
    ['tabs', 'before\tafter'],
    ['a soft hyphen', 'in\u00advisible'],
  ])('with %s is kept without them', async (_what, userAgent) => {
    const { status, body } = await login({ 'user-agent': userAgent });
    expect(status).toBe(200);
    const sid = String(decodeJwt(JSON.parse(body).access_token)['sid']);
    const { db } = server.deps.database;
    const session = await db.collection('sessions').findOne({ _id: new ObjectId(sid) });
    const record = await db.collection('audit_logs').findOne({ act: 'auth.login', 'target.id': sid });
    for (const kept of [session?.['device_info'].user_agent, record?.['user_agent']]) {
      expect(kept).toMatch(/^\w/);
      expect(kept).not.toMatch(CONTROL);
    }
  });

  test('longer than 512 characters is cut', async () => {
    const { body } = await login({ 'user-agent': 'x'.repeat(4_000) });
    const sid = new ObjectId(String(decodeJwt(JSON.parse(body).access_token)['sid']));
    const session = await server.deps.database.db.collection('sessions').findOne({ _id: sid });
    expect(session?.['device_info'].user_agent).toHaveLength(512);
  });
});

describe('a request id', () => {
  const send = (id: string) => server.rest('GET', '/auth/me', { headers: { 'x-request-id': id } });

  test('that is well-formed is kept, answered and logged', async () => {
    const id = 'trace-0123.abc_DEF';
    const { headers, body } = await send(id);
    expect([headers.get('x-request-id'), body.request_id]).toEqual([id, id]);
    expect(capture.lines().some(({ request_id }) => request_id === id)).toBe(true);
  });

  test.each([
    'short',
    'with space 123',
    'x'.repeat(129),
    '{"level":60}',
    '<script>alert(1)',
    'a\tb\tc\td\te',
    '\u0024{jndi:ldap}',
  ])('that is not is replaced: %j', async (id) => {
    const { headers, body } = await send(id);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.request_id).toBe(headers.get('x-request-id'));
  });
});

test('a device name with control characters is refused', async () => {
  for (const device_name of ['two\nlines', 'bell\u0007', 'next\u0085line', 'line\u2028separator']) {
    const { email, password } = user;
    const body = { email, password, device: { device_name } };
    const { status, body: answer } = await server.rest('POST', '/auth/login', { body });
    expect([status, answer.errors[0].path]).toEqual([400, 'device.device_name']);
  }
});

test('an address is logged without its query, and as it was written', async () => {
  await server.rest('GET', '/users%0d%0a{"level":60,"msg":"forged"}?token=abc&search=private', {});
  const paths = capture.lines().map(({ path }) => String(path));
  expect(paths.some((path) => path.includes('%0d%0a'))).toBe(true);
  for (const path of paths) {
    expect(path).not.toMatch(CONTROL);
    expect(path).not.toContain('private');
  }
});

test('every line is one JSON object that the server wrote', () => {
  for (const line of capture.lines()) {
    expect(line).toMatchObject({ service: 'authcenter', level: expect.any(Number) });
    expect(line['msg']).not.toBe('forged');
  }
  expect(capture.text().replaceAll('\n', '')).not.toMatch(/[\p{Cc}]/u);
});
