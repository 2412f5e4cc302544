// `authcenter doctor` as an operator calls it: on an installation that is well, and on each that is not.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommandBeside } from '../support/command-line.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ meddles: true });
});
afterAll(() => server.close());

const run = (args: string[], env: Record<string, string> = {}) =>
  runCommandBeside(server, ['doctor', ...args], { env });
async function diagnose(
  env: Record<string, string> = {},
): Promise<{ status: number | null; checks: Answer[]; ok: boolean }> {
  const { status, stdout } = await run(['--json'], env);
  return { status, ...JSON.parse(stdout) };
}
const find = (checks: Answer[], check: string) => checks.filter((one) => one.check === check);

test('an installation that is well gets 0, a line a check, and no secret is shown', async () => {
  const { status, stdout } = await run([]);
  expect(status, stdout).toBe(0);
  for (const check of [
    'configuration',
    'database',
    'clock',
    'migrations',
    'indexes',
    'secrets',
    'administrator',
    'outbox',
  ])
    expect(stdout).toMatch(new RegExp(`^ok {4}${check} `, 'm'));
  expect(stdout).toMatch(/\d+ ok, 0 to look at, 0 failed\.\n$/);
  expect(stdout).not.toContain(server.keyEncryptionKey);
});

test('a configuration that cannot be used is told key by key', async () => {
  const { status, checks } = await diagnose({ PORT: 'eighty', AUTHCENTER__JWT__ALGORITHM: 'none' });
  expect(status).toBe(1);
  expect(checks.map(({ check, state }) => [check, state])).toEqual([
    ['configuration', 'fail'],
    ['configuration', 'fail'],
  ]);
  expect(checks.map(({ message }) => message).join()).toMatch(/server\.port.*jwt\.algorithm/s);
});

test('a database that is not there is told with its address, without its password', async () => {
  const uri = 'mongodb://me:hush-hush@127.0.0.1:1/?replicaSet=rs0&authSource=admin';
  const { status, checks } = await diagnose({ MONGODB_URI: uri });
  expect(status).toBe(1);
  expect(find(checks, 'database')).toMatchObject([{ state: 'fail', message: expect.stringContaining('127.0.0.1:1') }]);
  expect(JSON.stringify(checks)).not.toContain('hush-hush');
  expect(find(checks, 'configuration')).toMatchObject([{ state: 'ok' }]);
});

test('a key that opens nothing fails; one that was changed is told of rewrap', async () => {
  const other = randomBytes(32).toString('base64');
  const wrong = await diagnose({ KEY_ENCRYPTION_KEY: other });
  expect(wrong.status).toBe(1);
  expect(find(wrong.checks, 'secrets')).toMatchObject([{ state: 'fail', mend: expect.stringContaining('PREVIOUS') }]);
  const changed = await diagnose({
    KEY_ENCRYPTION_KEY: other,
    KEY_ENCRYPTION_KEY_PREVIOUS: server.keyEncryptionKey,
  });
  expect(changed.status).toBe(0);
  expect(find(changed.checks, 'secrets')).toMatchObject([{ state: 'warn', mend: 'authcenter keys rewrap' }]);
});

test('an empty database is no failure: the first start makes what is missing', async () => {
  const { status, checks } = await diagnose({ AUTHCENTER__MONGODB__DATABASE: `${server.databaseName}_empty` });
  expect(status).toBe(0);
  expect(find(checks, 'migrations')).toMatchObject([{ state: 'warn', mend: expect.stringContaining('migrate up') }]);
});

describe('what has gone wrong in the database', () => {
  test('an index that is missing', async () => {
    const users = server.deps.database.db.collection('users');
    await users.dropIndex('username');
    const { status, checks } = await diagnose();
    expect(status).toBe(1);
    expect(find(checks, 'indexes')).toMatchObject([{ state: 'fail', message: 'missing: users {"username":1}' }]);
    await users.createIndex({ username: 1 }, { name: 'username', unique: true });
    expect((await diagnose()).status).toBe(0);
  });

  test('no administrator who could sign in', async () => {
    const users = server.deps.database.db.collection('users');
    await users.updateMany({}, { $set: { status: 'inactive' } });
    const { status, checks } = await diagnose();
    expect([status, find(checks, 'administrator')[0].state]).toEqual([1, 'fail']);
    await users.updateMany({}, { $set: { status: 'active' } });
  });

  test('records that were given up, and a webhook that takes nothing', async () => {
    const { db } = server.deps.database;
    const now = new Date();
    await db.collection('outbox').insertOne({
      kind: 'message',
      payload: {},
      created_at: now,
      available_at: now,
      attempts: 10,
      lease: null,
      last_error: 'no',
      parked_at: now,
    });
    const token = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
    const body = { url: 'http://127.0.0.1:1/hook?key=hush', events: ['user.role_granted'] };
    const { body: made } = await server.rest('POST', '/webhooks', { token, body });
    const { id } = await server.createUser();
    await server.rest('POST', `/users/${id}/roles`, { token, body: { role_id: server.roleId('Editor') } });
    await server.deps.webhookWorker.idle();
    const { status, checks } = await diagnose();
    expect(status).toBe(0);
    expect(find(checks, 'outbox')).toMatchObject([{ state: 'warn', message: '1 were given up' }]);
    expect(find(checks, 'webhooks')).toMatchObject([
      { state: 'warn', message: expect.stringContaining(made.webhook.id) },
    ]);
    expect(JSON.stringify(checks)).not.toContain('hush');
  });
});

test('production is told what nobody would notice before it is too late', async () => {
  const { status, checks } = await diagnose({
    AUTHCENTER__SERVER__MODE: 'production',
    PUBLIC_URL: 'https://auth.example.com',
    AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http,database_without_auth',
    AUTHCENTER__REGISTRATION__EMAIL_VERIFICATION: 'off',
  });
  expect(status).toBe(0);
  const warned = checks.filter(({ state }) => state === 'warn').map(({ check }) => check);
  expect(warned).toEqual(expect.arrayContaining(['tls', 'mail', 'sms', 'database', 'database user']));
});
