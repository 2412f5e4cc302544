// Finishing a sign-in by a second factor: each code once, few tries, a token that is good for one sign-in of one person.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  beginSignIn,
  claimsOf,
  createHolder,
  enterStep,
  expectOk,
  type Holder,
  nextCode,
  readApp,
  refresh,
  signInByApp,
  verify,
} from '../../support/second-factors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { listActs } from '../users/people.ts';

let server: TestServer;
/** Another instance, which locks late: there the tries of one token are what ends them. */
let patient: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  patient = await startTestServer({ sharedWith: server, config: { security: { max_login_attempts: 50 } } });
});
afterAll(async () => {
  await patient.close();
  await server.close();
});

const MINUTE = 60_000;

let holder: Holder;
let mfaToken: string;
beforeEach(async () => {
  holder = await createHolder(server);
  server.clock.advance(MINUTE);
  enterStep(server.clock);
  mfaToken = (await beginSignIn(server, holder)).mfa_token;
});

const byApp = (steps = 0, on = server, token = mfaToken) =>
  verify(on, token, 'totp', readApp(server.clock, holder.app.secret, steps));
const byBackupCode = (code: string, on = server, token = mfaToken) => verify(on, token, 'backup_code', code);
const codeOf = async (answer: Promise<{ body: { code?: string } }>) => (await answer).body.code;
const [first, second] = [0, 1].map((index) => () => holder.app.backupCodes[index] ?? '') as [
  () => string,
  () => string,
];

describe('by the app', () => {
  test('opens a session that says how its holder was proven, after a refresh too', async () => {
    const { status, body } = await byApp();
    expect([status, body.status, body.user.id]).toEqual([200, 'ok', holder.id]);
    const renewed = await refresh(server, { access: body.access_token, refresh: body.refresh_token });
    for (const token of [body.access_token, renewed.access]) expect(claimsOf(token).amr).toEqual(['pwd', 'otp', 'mfa']);
    const { body: sessions } = await server.rest('GET', '/auth/sessions', { token: renewed.access });
    expect(sessions.items[0]).toMatchObject({ current: true, auth_methods: ['pwd', 'otp', 'mfa'] });
    const [record] = (await listActs(server, claimsOf(body.access_token).sid)).filter(
      ({ act }) => act === 'auth.login',
    );
    expect(record?.['details']).toMatchObject({ methods: ['pwd', 'otp', 'mfa'] });
  });

  test.each([-1, 1])('a code one step away counts: clocks differ (%i)', async (steps) => {
    expect((await byApp(steps)).status).toBe(200);
  });

  test.each([-2, 2])('a code two steps away does not (%i)', async (steps) => {
    expect(await codeOf(byApp(steps))).toBe('INVALID_CODE');
  });

  test('each code works once, also for another sign-in, and an earlier one no more', async () => {
    const other = await beginSignIn(server, holder);
    const code = readApp(server.clock, holder.app.secret);
    expect((await verify(server, mfaToken, 'totp', code)).status).toBe(200);
    expect((await verify(server, other.mfa_token, 'totp', code)).body.code).toBe('INVALID_CODE');
    expect(await codeOf(byApp(-1, server, other.mfa_token))).toBe('INVALID_CODE');
    expect((await byApp(1, server, other.mfa_token)).status).toBe(200);
  });

  test('the same code for two sign-ins at once, on two instances: one is opened', async () => {
    const { mfa_token: other } = await beginSignIn(server, holder);
    const answers = await Promise.all([byApp(), byApp(0, patient, other)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('the code of another person’s app is wrong', async () => {
    const other = await createHolder(server);
    expect((await verify(server, mfaToken, 'totp', nextCode(server, other.app.secret))).body.code).toBe('INVALID_CODE');
  });
});

describe('by a backup code', () => {
  test('in any letter case, without the dash, with spaces', async () => {
    const typed = ` ${first().toUpperCase().replace('-', ' ')} `;
    const { body } = await byBackupCode(typed);
    expect(claimsOf(body.access_token).amr).toEqual(['pwd', 'backup_code', 'mfa']);
  });

  test('each once', async () => {
    await byBackupCode(first());
    const { mfa_token } = await beginSignIn(server, holder);
    expect(await codeOf(byBackupCode(first(), server, mfa_token))).toBe('INVALID_CODE');
    expect((await byBackupCode(second(), server, mfa_token)).status).toBe(200);
  });

  test('for two sign-ins at once, on two instances: one is opened', async () => {
    const { mfa_token: other } = await beginSignIn(server, holder);
    const answers = await Promise.all([byBackupCode(first()), byBackupCode(first(), patient, other)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('another person’s is wrong, and no code of the app passes for one', async () => {
    const other = await createHolder(server);
    expect(await codeOf(byBackupCode(other.app.backupCodes[0] ?? ''))).toBe('INVALID_CODE');
    expect(await codeOf(byBackupCode(nextCode(server, holder.app.secret)))).toBe('INVALID_CODE');
  });

  test('is not offered any more when all are used', async () => {
    const users = server.deps.database.db.collection('users');
    await users.updateOne({ username: holder.username }, { $set: { 'security.two_factor.backup_codes': [] } });
    const { methods, mfa_token } = await beginSignIn(server, holder);
    expect(methods).toEqual(['totp']);
    expect(await codeOf(byBackupCode(first(), server, mfa_token))).toBe('VALIDATION_FAILED');
  });
});

describe('the token of a sign-in', () => {
  test('is good for one', async () => {
    expect((await byApp()).status).toBe(200);
    expect(await codeOf(byBackupCode(first()))).toBe('INVALID_CODE');
  });

  test('is good for one of two answers at once, and the other answer stays good', async () => {
    const answers = await Promise.all([byApp(), byBackupCode(first(), patient)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const { mfa_token } = await beginSignIn(server, holder);
    const loser = answers[0]?.status === 200 ? byBackupCode(first(), server, mfa_token) : byApp(0, server, mfa_token);
    expect((await loser).status).toBe(200);
  });

  test('is good for 5 minutes', async () => {
    server.clock.advance(5 * MINUTE - 1_000);
    expect(await codeOf(byApp(4))).toBe('INVALID_CODE');
    server.clock.advance(2_000);
    const late = await byApp();
    expect([late.body.code, late.body.detail]).toEqual(['INVALID_CODE', expect.stringContaining('lapsed')]);
  });

  test('bears 5 wrong codes, also when they come at once', async () => {
    const wrong = await Promise.all(Array.from({ length: 8 }, () => byApp(9, patient)));
    expect(new Set(wrong.map(({ body }) => body.code))).toEqual(new Set(['INVALID_CODE']));
    expect(await codeOf(byApp(0, patient))).toBe('INVALID_CODE');
    const { mfa_token } = await beginSignIn(patient, holder);
    expect((await byApp(0, patient, mfa_token)).status).toBe(200);
  });

  const changes: [string, () => Promise<unknown>][] = [
    ['the password is changed', () => changePassword()],
    ['the factor is given up', () => server.rest('POST', '/auth/mfa/disable', { token: holder.tokens.access })],
    [
      'backup codes are made anew',
      () => server.rest('POST', '/auth/mfa/backup-codes', { token: holder.tokens.access }),
    ],
    ['the account is switched off', () => switchOff()],
  ];
  test.each(changes)('is void once %s', async (_, change) => {
    await change();
    expect(await codeOf(byApp())).toBe('INVALID_CODE');
    expect(await codeOf(byBackupCode(first()))).toBe('INVALID_CODE');
  });

  async function changePassword() {
    const body = { old_password: holder.password, new_password: 'another horse battery' };
    expectOk(await server.rest('POST', '/auth/password/change', { token: holder.tokens.access, body }));
  }
  async function switchOff() {
    const { access } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    expectOk(await server.rest('POST', `/users/${holder.id}/status`, { token: access, body: { status: 'inactive' } }));
  }

  test('is nothing but that: no bearer, no setup token, no token for a new password', async () => {
    expect((await server.rest('GET', '/auth/me', { token: mfaToken })).status).toBe(401);
    const { rest } = server;
    for (const path of ['/auth/mfa/enroll', '/auth/passkeys/register-options'])
      expect(await codeOf(rest('POST', path, { body: { setup_token: mfaToken } }))).toBe('INVALID_CODE');
    const reset = { change_token: mfaToken, new_password: 'another horse battery' };
    expect(await codeOf(rest('POST', '/auth/password/reset', { body: reset }))).toBe('INVALID_CODE');
    expect((await byApp()).status).toBe(200);
  });

  test('of a cookie’s sign-in is taken from pages of ours alone', async () => {
    const origin = { origin: server.url };
    const { email, password } = holder;
    const began = await server.rest('POST', '/auth/login', {
      body: { email, password, refresh_transport: 'cookie' },
      headers: origin,
    });
    const body = { mfa_token: began.body.mfa_token, method: 'backup_code', code: first() };
    for (const headers of [{}, { origin: 'https://evil.example' }, { ...origin, 'sec-fetch-site': 'cross-site' }])
      expect(await codeOf(server.rest('POST', '/auth/mfa/verify', { body, headers }))).toBe('ORIGIN_REFUSED');
    const answer = await server.rest('POST', '/auth/mfa/verify', { body, headers: origin });
    expect([answer.status, answer.body.refresh_token]).toEqual([200, undefined]);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-ac_refresh=.+HttpOnly/);
  });
});

describe('wrong codes count to the lock of the account', () => {
  test('which then is closed to the right password and the right code', async () => {
    for (let failure = 0; failure < 5; failure++) expect(await codeOf(byApp(9))).toBe('INVALID_CODE');
    const { email, password } = holder;
    expect(await codeOf(server.rest('POST', '/auth/login', { body: { email, password } }))).toBe('ACCOUNT_LOCKED');
    server.clock.advance(31 * MINUTE);
    expect((await signInByApp(server, holder, holder.app)).access).toBeTruthy();
  });

  test('and the right password does not clear them: who knows it has no more tries than others', async () => {
    for (let failure = 0; failure < 4; failure++) {
      const { mfa_token } = await beginSignIn(server, holder);
      expect(await codeOf(byApp(9, server, mfa_token))).toBe('INVALID_CODE');
    }
    const { mfa_token } = await beginSignIn(server, holder);
    expect(await codeOf(byApp(9, server, mfa_token))).toBe('INVALID_CODE');
    expect(await codeOf(byApp(0, server, mfa_token))).toBe('ACCOUNT_LOCKED');
  });

  test('wrong passwords and wrong codes add up; the whole sign-in clears them', async () => {
    const { email, password } = holder;
    const guess = () => server.rest('POST', '/auth/login', { body: { email, password: 'a wrong guess' } });
    for (let failure = 0; failure < 2; failure++) await guess();
    for (let failure = 0; failure < 2; failure++) await byApp(9);
    expect((await byApp()).status).toBe(200);
    for (let failure = 0; failure < 4; failure++) expect(await codeOf(guess())).toBe('INVALID_CREDENTIALS');
    expect((await server.rest('POST', '/auth/login', { body: { email, password } })).body.status).toBe('mfa_required');
  });

  test('parallel guesses with many tokens get no more than five comparisons', async () => {
    const tokens = await Promise.all(Array.from({ length: 12 }, () => beginSignIn(patient, holder)));
    const answers = await Promise.all(tokens.map(({ mfa_token }) => codeOf(byApp(9, server, mfa_token))));
    expect(answers.filter((code) => code === 'INVALID_CODE').length).toBeLessThanOrEqual(5);
    for (const code of answers) expect(['INVALID_CODE', 'RATE_LIMITED', 'ACCOUNT_LOCKED']).toContain(code);
  });
});

test.each([
  ['an object for a token', { mfa_token: { $ne: null }, method: 'totp', code: '123456' }],
  ['an object for a code', { mfa_token: 'x'.repeat(43), method: 'totp', code: { $ne: null } }],
  ['a method that is none', { mfa_token: 'x'.repeat(43), method: 'pwd', code: '123456' }],
  ['a field too many', { mfa_token: 'x'.repeat(43), method: 'totp', code: '123456', user_id: '1' }],
])('%s is refused as input', async (_, body) => {
  expect(await codeOf(server.rest('POST', '/auth/mfa/verify', { body }))).toBe('VALIDATION_FAILED');
});
