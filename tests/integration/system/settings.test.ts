// Settings that are changed while the servers run: in force on both of two instances, bounded as in the file, written down.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let other: TestServer;
let admin: string;
beforeAll(async () => {
  server = await startTestServer({ config: { sms: { daily_cap: 500 } } });
  other = await startTestServer({ config: { sms: { daily_cap: 500 } }, sharedWith: server });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const get = async (from = server): Promise<Answer> => (await from.rest('GET', '/system/config', { token: admin })).body;
const put = (version: number, settings: object, at = server) =>
  at.rest('PUT', '/system/config', { token: admin, body: { version, settings } });
/** Sets what is named, whatever the version, and waits for the other instance. */
async function set(settings: object): Promise<Answer> {
  const { status, body } = await put((await get()).version, settings);
  expect(status, JSON.stringify(body)).toBe(200);
  await expect.poll(() => other.deps.runtimeSettings.stored().version).toBe(body.version);
  return body;
}
const read = (answer: Answer, key: string): Answer => answer.settings.find((one: Answer) => one.key === key);

test('are told with where they come from and what may be given', async () => {
  const answer = await get();
  expect(answer).toMatchObject({ version: 0, updated_at: null });
  expect(read(answer, 'security.max_login_attempts')).toEqual({
    key: 'security.max_login_attempts',
    value: 5,
    configured: 5,
    source: 'configuration',
    allowed: 'a whole number from 1 to 50',
    min: 1,
    max: 50,
  });
  expect(read(answer, 'security.lockout_duration')).toMatchObject({ value: '30m', min: '1s', max: '30d' });
  expect(read(answer, 'security.password_profile')).toMatchObject({ value: 'standard', options: ['standard', 'mlps'] });
  expect(read(answer, 'rate_limit.login')).toMatchObject({ value: '20/m' });
  expect(read(answer, 'sms.daily_cap')).toMatchObject({ value: 500 });
  expect(JSON.stringify(answer)).not.toMatch(/secret|mongodb|key_/i);
});

test('are in force on every instance, until they go back to the configuration', async () => {
  const register = (at: TestServer, password: string) =>
    at.rest('POST', '/auth/register', {
      body: { email: `${randomInt(1e9)}@example.com`, username: `u${randomInt(1e9)}`, password },
    });
  expect((await register(other, 'elf zwoelf 11')).status).toBe(201);
  const changed = await set({ 'security.password_min_length': 14 });
  expect(read(changed, 'security.password_min_length')).toMatchObject({ value: 14, configured: 8, source: 'runtime' });
  for (const at of [server, other]) {
    expect((await register(at, 'elf zwoelf 12')).body.code).toBe('VALIDATION_FAILED');
    const body = { username: `u${randomInt(1e9)}`, email: `${randomInt(1e9)}@example.com`, password: 'elf zwoelf 12' };
    expect((await at.rest('POST', '/users', { token: admin, body })).body.code).toBe('VALIDATION_FAILED');
  }
  const back = await set({ 'security.password_min_length': null });
  expect(read(back, 'security.password_min_length')).toMatchObject({ value: 8, source: 'configuration' });
  for (const at of [server, other]) expect((await register(at, 'elf zwoelf 13')).status).toBe(201);
});

test('that have become stricter lock at the next failure, and not before', async () => {
  const user = await server.createUser();
  const login = (password: string) => server.rest('POST', '/auth/login', { body: { email: user.email, password } });
  for (let failure = 0; failure < 4; failure++) expect((await login('wrong wrong wrong')).status).toBe(401);
  await set({ 'security.max_login_attempts': 3 });
  const right = await login(user.password);
  expect(right.status, JSON.stringify(right.body)).toBe(200);
  await set({ 'security.max_login_attempts': null });
  for (let failure = 0; failure < 4; failure++) expect((await login('wrong wrong wrong')).status).toBe(401);
  await set({ 'security.max_login_attempts': 3 });
  expect((await login('wrong wrong wrong')).status).toBe(401);
  expect((await login(user.password)).body.code).toBe('ACCOUNT_LOCKED');
  await set({ 'security.max_login_attempts': null });
});

test('lock sooner, for longer than the configuration says', async () => {
  await set({ 'security.max_login_attempts': 2, 'security.lockout_duration': '10h' });
  const user = await server.createUser();
  const login = (password: string) => other.rest('POST', '/auth/login', { body: { email: user.email, password } });
  expect((await login('wrong wrong wrong')).status).toBe(401);
  await login('wrong wrong wrong');
  const { status, body } = await login(user.password);
  expect([status, body.retry_after > 9 * 3600]).toEqual([423, true]);
  const [kept] = await server.deps.database.db.collection('login_attempts').find().sort({ expires_at: -1 }).toArray();
  expect(kept?.['expires_at'].getTime()).toBeGreaterThan(server.clock.now().getTime() + 10 * 3600_000);
  await set({ 'security.max_login_attempts': null, 'security.lockout_duration': null });
});

test('limit requests by the new rate, counting what was taken before', async () => {
  const limited = await startTestServer({ config: { rate_limit: { enabled: true } }, sharedWith: server });
  await set({ 'rate_limit.login': '2/m' });
  await expect.poll(() => limited.deps.config.rate_limit.login.points).toBe(2);
  const login = () => limited.rest('POST', '/auth/login', { body: { email: 'x@example.com', password: 'wrong' } });
  expect([(await login()).status, (await login()).status, (await login()).status]).toEqual([401, 401, 429]);
  await set({ 'rate_limit.login': null });
  await expect.poll(() => limited.deps.config.rate_limit.login.points).toBe(20);
  expect((await login()).status).toBe(401);
  await limited.close();
});

test('cap what text messages may cost', async () => {
  await set({ 'sms.daily_cap': 1 });
  const { limits } = other.deps;
  expect([await limits.consumeSmsBudget('code'), await limits.consumeSmsBudget('code')]).toEqual([true, false]);
  await set({ 'sms.daily_cap': null });
  expect(await limits.consumeSmsBudget('code')).toBe(true);
});

test('outlive a restart', async () => {
  await set({ 'security.password_profile': 'mlps' });
  const third = await startTestServer({ sharedWith: server });
  expect(third.deps.config.security.password_profile).toBe('mlps');
  await third.close();
  await set({ 'security.password_profile': null });
});

describe('a change', () => {
  test.each([
    [{ 'security.max_login_attempts': 51 }, 'settings.security.max_login_attempts'],
    [{ 'security.lockout_duration': '30' }, 'settings.security.lockout_duration'],
    [{ 'security.password_profile': 'none' }, 'settings.security.password_profile'],
    [{ 'rate_limit.login': '0/m' }, 'settings.rate_limit.login'],
    [{ 'security.mfa_required_roles': ['Nobody'] }, 'settings.security.mfa_required_roles'],
    [{ 'sms.allowed_countries': ['Germany'] }, 'settings.sms.allowed_countries'],
    [{ 'auth.magic_link': 'yes' }, 'settings.auth.magic_link'],
  ])('%j is refused, and nothing of it is kept', async (settings, path) => {
    const { version } = await get();
    const { status, body } = await put(version, { 'security.password_history': 3, ...settings });
    expect([status, body.errors.map((one: Answer) => one.path)]).toEqual([400, [path]]);
    expect((await get()).version).toBe(version);
  });

  test.each([
    'security.bcrypt_cost',
    'mongodb.uri',
    'server.mode',
    'security.require_https',
    'jwt.secret',
    '__proto__',
  ])('of %s is none: it stands in the configuration alone', async (key) => {
    const body = `{"version":${(await get()).version},"settings":{"${key}":"x"}}`;
    expect((await server.rest('PUT', '/system/config', { token: admin, body })).body.code).toBe('VALIDATION_FAILED');
  });

  test('names the version it started from; of two at once, on two instances, one is told of the conflict', async () => {
    const { version } = await get();
    const answers = await Promise.all(
      [server, other].map((at, index) => put(version, { 'security.password_history': index + 1 }, at)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('VERSION_CONFLICT');
    await set({ 'security.password_history': null });
  });

  test('is written down with what was and what is', async () => {
    await set({ 'auth.magic_link': true });
    const [record] = await server.deps.database.db
      .collection('audit_logs')
      .find({ act: 'system.settings_updated' })
      .sort({ at: -1, _id: -1 })
      .toArray();
    expect(record?.['details']).toEqual({ changes: [{ key: 'auth.magic_link', from: false, to: true }] });
    await set({ 'auth.magic_link': null });
  });

  test('needs a proof of identity at most 10 minutes old', async () => {
    const { access } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    server.clock.advance(11 * 60_000);
    const body = { version: 0, settings: {} };
    expect((await server.rest('PUT', '/system/config', { token: access, body })).body.code).toBe('STEP_UP_REQUIRED');
    admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  });
});

test('what production mode refuses to start with is refused at run time, too', async () => {
  const production = await startTestServer({
    env: { ADMIN_PASSWORD: 'quarry-lantern-91-opal' },
    config: {
      server: { mode: 'production', public_url: 'https://auth.example.com' },
      security: { bcrypt_cost: 12, allow_insecure: ['http', 'database_without_auth'], require_https: false },
      rate_limit: { enabled: true },
      registration: { email_verification: 'off' },
    },
  });
  const token = (await production.signIn(await production.createUser([{ name: 'Admin' }]))).access;
  const body = { version: 0, settings: { 'registration.email_verification': 'required' } };
  const answer = await production.rest('PUT', '/system/config', { token, body });
  expect(answer.body.errors).toEqual([
    {
      path: 'settings.registration.email_verification',
      message: 'mail.smtp_url: e-mail verification is required and no mail can be sent',
    },
  ]);
  await production.close();
});
