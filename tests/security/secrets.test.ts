// Secrets stay where they belong: not in logs, not in audit, not in answers, and in the database only as hashes.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { captureLog } from '../support/log-lines.ts';
import { openLink, readLink } from '../support/mailbox.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

const capture = captureLog();
const PASSWORD = 'the-password-of-li-lei';
const WRONG = 'a-wrong-guess-of-somebody';

let server: TestServer;
let user: TestUser;
/** What must be found nowhere, by what it is. */
const secrets: Record<string, string> = { PASSWORD, WRONG };
/** Bodies of every answer, but for the tokens that are handed over in them. */
const answers: string[] = [];

async function call(method: string, path: string, options: Parameters<TestServer['rest']>[2] = {}) {
  const answer = await server.rest(method, path, options);
  const { access_token: _access, refresh_token: _refresh, ...rest } = answer.body ?? {};
  answers.push(JSON.stringify(rest));
  return answer;
}

beforeAll(async () => {
  server = await startTestServer({ log: capture.log, config: { log: { level: 'trace' } } });
  secrets['key-encryption key'] = server.keyEncryptionKey;
  user = await server.createUser([{ name: 'Admin' }], { password: PASSWORD });
  secrets['password hash'] = (await server.deps.users.findById(user.id))?.password_hash ?? '';

  const credentials = { email: user.email, password: PASSWORD };
  const { body: first } = await call('POST', '/auth/login', { body: credentials });
  await call('POST', '/auth/login', { body: { ...credentials, password: WRONG } });
  await call('POST', '/auth/login', { body: { username: WRONG, password: WRONG } });
  const inCookie = await call('POST', '/auth/login', {
    body: { ...credentials, refresh_transport: 'cookie' },
    headers: { origin: server.url },
  });
  const cookie = /=([^;]+)/.exec(inCookie.headers.getSetCookie()[0] ?? '')?.[1] ?? '';
  await call('POST', '/auth/refresh', { headers: { cookie: `__Host-ac_refresh=${cookie}`, origin: server.url } });
  await call('POST', '/auth/refresh', {
    headers: { cookie: `__Host-ac_refresh=${cookie}`, origin: 'https://evil.example' },
  });
  const { body: second } = await call('POST', '/auth/refresh', { body: { refresh_token: first.refresh_token } });
  const { body: third } = await call('POST', '/auth/refresh', { body: { refresh_token: second.refresh_token } });
  await call('POST', '/auth/verify', { body: { token: third.access_token } });
  await call('GET', '/auth/me', { token: third.access_token });
  await call('GET', `/auth/me?token=${third.access_token}`, { token: third.access_token });
  await call('GET', '/users', { token: third.access_token });
  await call('GET', `/users/${user.id}`, { token: third.access_token });
  await call('GET', '/auth/sessions', { token: third.access_token });
  await call('POST', '/auth/register', {
    body: { username: 'han.meimei', email: 'han.meimei@example.com', password: PASSWORD },
  });
  const link = await readLink(server, 'han.meimei@example.com');
  await fetch(`${server.url}/verify-email?token=${link}`);
  await openLink(server, link);
  await openLink(server, link);
  // Theft, and refusals with secrets in odd places.
  await call('POST', '/auth/refresh', { body: { refresh_token: first.refresh_token } });
  await call('POST', '/auth/login', { body: { ...credentials, [PASSWORD]: PASSWORD } });
  await call('POST', '/auth/login', { body: `{"email":"${user.email}","password":"${PASSWORD}"` });
  await call('PUT', `/users/${user.id}`, { token: WRONG, body: { password: PASSWORD } });
  await call('POST', '/auth/logout', { body: { refresh_token: third.refresh_token } });
  await server.trpc('auth.login', credentials);
  await server.trpc('auth.login', { ...credentials, extra: PASSWORD });
  Object.assign(secrets, {
    'access token': first.access_token,
    'refresh token': first.refresh_token,
    'next refresh token': second.refresh_token,
    'last access token': third.access_token,
    cookie,
    link,
  });
  await settleOutbox(server);
});
afterAll(() => server.close());

/** A token is found out by its signature, however it is cut. */
const traceOf = (secret: string): string => /^ey[\w-]+\.[\w-]+\.([\w-]+)$/.exec(secret)?.[1] ?? secret;

function expectNoSecret(where: string, text: string, except: readonly string[] = []): void {
  const found = Object.entries(secrets)
    .filter(([name]) => !except.includes(name))
    .filter(([, secret]) => text.includes(traceOf(secret)))
    .map(([name]) => name);
  expect({ where, found }).toEqual({ where, found: [] });
}

test('not in the logs, at whatever level', () => {
  expect(capture.lines().length).toBeGreaterThan(20);
  expect(new Set(capture.lines().map(({ stream }) => stream))).toContain('auth');
  expectNoSecret('logs', capture.text());
  // A name that was typed may be a password in the wrong field.
  expect(capture.text()).not.toContain(WRONG);
});

test('not in the audit records', async () => {
  const records = await server.deps.database.db.collection('audit_logs').find().toArray();
  expect(records.length).toBeGreaterThan(5);
  expectNoSecret('audit', JSON.stringify(records));
});

test('not in answers, of success or of refusal', () => {
  // A field nobody knows is named; whoever names one after a password is told it back, and nobody else.
  expectNoSecret('answers', answers.filter((text) => !text.includes('is not a known field')).join('\n'));
  for (const text of answers) expect(text).not.toMatch(/password_hash|secret_hash|\$2[aby]\$/);
});

test('in the database only as hashes', async () => {
  const { db } = server.deps.database;
  for (const { name } of await db.listCollections().toArray()) {
    const text = JSON.stringify(await db.collection(name).find().toArray());
    // The development outbox is a mailbox: there the link belongs.
    expectNoSecret(name, text, name === 'dev_messages' ? ['link'] : name === 'users' ? ['password hash'] : []);
  }
});

describe('an error from inside', () => {
  test('is logged without the secrets it carries, and told as nothing but its request id', async () => {
    const { access } = await server.signIn({ email: user.email, password: PASSWORD });
    const failure = Object.assign(new Error('the collection users could not be read'), {
      password: PASSWORD,
      command: { token: access, password_hash: secrets['password hash'] },
    });
    vi.spyOn(server.deps.users, 'findById').mockRejectedValueOnce(failure);
    const { status, body } = await server.rest('GET', '/auth/me', { token: access });
    vi.restoreAllMocks();
    expect([status, body.code, body.detail]).toEqual([500, 'INTERNAL', 'Something went wrong on our side']);
    expect(JSON.stringify(body)).not.toMatch(/users|collection|stack|at /);
    const line = capture.lines().find(({ request_id, stream }) => request_id === body.request_id && stream === 'error');
    expect(JSON.stringify(line)).toContain('the collection users could not be read');
    for (const secret of [PASSWORD, access, secrets['password hash'] ?? ''])
      expect(JSON.stringify(line)).not.toContain(secret);
  });
});
