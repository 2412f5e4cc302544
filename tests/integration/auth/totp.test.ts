// An authenticator app: enrolled, proven, given up; its backup codes; what is kept of it, and what is told.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../support/authenticator.ts';
import { captureLog } from '../../support/log-lines.ts';
import { readMails } from '../../support/mailbox.ts';
import {
  beginSignIn,
  claimsOf,
  createHolder,
  enrollApp,
  enterStep,
  expectOk,
  nextCode,
  readApp,
  refresh,
  registerPasskey,
  signInByApp,
  verify,
} from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { listActs } from '../users/people.ts';

const capture = captureLog();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ log: capture.log, config: { log: { level: 'trace' } } });
});
afterAll(() => server.close());

const MINUTE = 60_000;

const enroll = (token: string) => server.rest('POST', '/auth/mfa/enroll', { token });
const activate = (token: string, code: string) => server.rest('POST', '/auth/mfa/activate', { token, body: { code } });
const disable = (token: string) => server.rest('POST', '/auth/mfa/disable', { token });
const renewCodes = (token: string) => server.rest('POST', '/auth/mfa/backup-codes', { token });
const readStored = async ({ id }: TestUser) => (await server.deps.users.findById(id))?.security;

describe('enrolling', () => {
  let user: TestUser;
  let tokens: Tokens;
  beforeEach(async () => {
    enterStep(server.clock);
    user = await server.createUser();
    tokens = await server.signIn(user);
  });

  test('answers a secret that an app can scan, and changes nothing yet', async () => {
    const { status, body } = await enroll(tokens.access);
    expect([status, body.method, body.expires_in]).toEqual([200, 'totp', 900]);
    const url = new URL(body.otpauth_url);
    expect([url.protocol, url.host, url.searchParams.get('secret')]).toEqual(['otpauth:', 'totp', body.secret]);
    expect(decodeURIComponent(url.pathname)).toBe(`/AuthCenter:${user.username}`);
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect((await beginSignIn(server, user)).status).toBe('ok');
    expect((await server.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
  });

  test('the first code makes it active, and brings ten backup codes', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    const { status, body } = await activate(tokens.access, readApp(server.clock, secret));
    expect([status, body.status]).toEqual([200, 'active']);
    expect(new Set(body.backup_codes).size).toBe(10);
    for (const code of body.backup_codes) expect(code).toMatch(/^[a-z2-9]{5}-[a-z2-9]{5}$/);
    expect(await beginSignIn(server, user)).toEqual({
      status: 'mfa_required',
      mfa_token: expect.any(String),
      methods: ['totp', 'backup_code'],
      expires_in: 300,
    });
  });

  test('the code that proved the app is spent', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    const code = readApp(server.clock, secret);
    await activate(tokens.access, code);
    const { mfa_token } = await beginSignIn(server, user);
    expect((await verify(server, mfa_token, 'totp', code)).body.code).toBe('INVALID_CODE');
  });

  test('a code may be typed with a space, or on a Chinese keyboard', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    const wide = [...readApp(server.clock, secret)].map((digit) => String.fromCodePoint(Number(digit) + 0xff10));
    wide.splice(3, 0, '　');
    expect((await activate(tokens.access, wide.join(''))).status).toBe(200);
  });

  test('a wrong code activates nothing, and the right one still does', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    const wrong = await activate(tokens.access, readApp(server.clock, secret, 5));
    expect([wrong.status, wrong.body.code]).toEqual([401, 'INVALID_CODE']);
    expect((await beginSignIn(server, user)).status).toBe('ok');
    expect((await activate(tokens.access, readApp(server.clock, secret))).status).toBe(200);
  });

  test('wrong codes count to the lock of the account', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    for (let failure = 0; failure < 5; failure++)
      expect((await activate(tokens.access, readApp(server.clock, secret, 5))).body.code).toBe('INVALID_CODE');
    expect((await activate(tokens.access, readApp(server.clock, secret))).body.code).toBe('ACCOUNT_LOCKED');
    const login = await server.rest('POST', '/auth/login', { body: { email: user.email, password: user.password } });
    expect(login.body.code).toBe('ACCOUNT_LOCKED');
  });

  test('waits for its code for 15 minutes', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    server.clock.advance(14 * MINUTE);
    tokens = await server.signIn(user);
    server.clock.advance(2 * MINUTE);
    expect((await activate(tokens.access, readApp(server.clock, secret))).body.code).toBe('INVALID_CODE');
  });

  test('a second one takes the place of one that was not proven', async () => {
    const { secret: first } = expectOk(await enroll(tokens.access));
    const { secret: second } = expectOk(await enroll(tokens.access));
    expect((await activate(tokens.access, readApp(server.clock, first))).body.code).toBe('INVALID_CODE');
    expect((await activate(tokens.access, readApp(server.clock, second))).status).toBe(200);
  });

  test('without an enrolment a code is good for nothing', async () => {
    expect((await activate(tokens.access, '123456')).body.code).toBe('INVALID_CODE');
  });

  test('two tabs activate at once: one set of backup codes comes to be', async () => {
    const { secret } = expectOk(await enroll(tokens.access));
    const code = readApp(server.clock, secret);
    const answers = await Promise.all([activate(tokens.access, code), activate(tokens.access, code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const codes = answers.find(({ status }) => status === 200)?.body.backup_codes;
    const { mfa_token } = await beginSignIn(server, user);
    expect((await verify(server, mfa_token, 'backup_code', codes[0])).status).toBe(200);
  });
});

test('a new app takes the place of the old one when it is proven, not before; backup codes stay, and are not shown again', async () => {
  const holder = await createHolder(server);
  const { secret } = expectOk(await enroll(holder.tokens.access));
  const stillOld = await signInByApp(server, holder, holder.app);
  const { body } = await activate(stillOld.access, nextCode(server, secret));
  expect(body).toEqual({ status: 'active', backup_codes: null });
  const { mfa_token } = await beginSignIn(server, holder);
  expect((await verify(server, mfa_token, 'totp', nextCode(server, holder.app.secret))).body.code).toBe('INVALID_CODE');
  expect((await verify(server, mfa_token, 'totp', readApp(server.clock, secret))).status).toBe(200);
  const again = await beginSignIn(server, holder);
  expect((await verify(server, again.mfa_token, 'backup_code', holder.app.backupCodes[0] ?? '')).status).toBe(200);
});

test('tokens made before are stale at once, a refresh gives others of the same session; sessions elsewhere end', async () => {
  const user = await server.createUser();
  const [tokens, elsewhere] = [await server.signIn(user), await server.signIn(user)];
  await enrollApp(server, tokens.access);
  const codeOf = async (token: string) => (await server.rest('GET', '/auth/me', { token })).body.code;
  expect([await codeOf(tokens.access), await codeOf(elsewhere.access)]).toEqual(['TOKEN_STALE', 'SESSION_REVOKED']);
  const renewed = await refresh(server, tokens);
  expect((await server.rest('GET', '/auth/me', { token: renewed.access })).status).toBe(200);
  expect(claimsOf(renewed.access).sid).toBe(claimsOf(tokens.access).sid);
  // Both factors were shown in it.
  expect(claimsOf(renewed.access).amr).toEqual(['pwd', 'otp', 'mfa']);
  // A second one is no reason to end what two were shown for.
  const app = await enrollApp(server, renewed.access);
  const other = await signInByApp(server, user, app);
  const key = createAuthenticator(server.url.replace('127.0.0.1', 'localhost'));
  expectOk(await registerPasskey(server, (await refresh(server, renewed)).access, key));
  expect(await codeOf(other.access)).toBe('TOKEN_STALE');
});

describe('giving the app up', () => {
  test('sign-in asks for nothing more, the backup codes are void, tokens stale', async () => {
    const holder = await createHolder(server);
    expect((await disable(holder.tokens.access)).status).toBe(204);
    expect((await beginSignIn(server, holder)).status).toBe('ok');
    expect((await server.rest('GET', '/auth/me', { token: holder.tokens.access })).body.code).toBe('TOKEN_STALE');
    expect((await readStored(holder))?.two_factor).toBeUndefined();
  });

  test('also while another enrolment waits, which leaves no old backup code alive', async () => {
    const holder = await createHolder(server);
    const { secret } = expectOk(await enroll(holder.tokens.access));
    expect((await disable(holder.tokens.access)).status).toBe(204);
    const tokens = await server.signIn(holder);
    const stepUp = await server.rest('POST', '/auth/step-up', {
      token: tokens.access,
      body: { code: holder.app.backupCodes[0] },
    });
    expect(stepUp.body.code).toBe('INVALID_CODE');
    const { body } = await activate(tokens.access, nextCode(server, secret));
    expect(body.backup_codes).toHaveLength(10);
    expect(body.backup_codes).not.toContain(holder.app.backupCodes[0]);
  });

  test('what is not there cannot be given up, nor have backup codes', async () => {
    const { access } = await server.signIn(await server.createUser());
    expect((await disable(access)).body.code).toBe('NOT_FOUND');
    expect((await renewCodes(access)).body.code).toBe('NOT_FOUND');
  });
});

test('new backup codes make those before void', async () => {
  const holder = await createHolder(server);
  const { status, body } = await renewCodes(holder.tokens.access);
  expect([status, body.backup_codes.length]).toEqual([201, 10]);
  const { mfa_token } = await beginSignIn(server, holder);
  const old = await verify(server, mfa_token, 'backup_code', holder.app.backupCodes[0] ?? '');
  expect(old.body.code).toBe('INVALID_CODE');
  expect((await verify(server, mfa_token, 'backup_code', body.backup_codes[0])).status).toBe(200);
});

test('the person is told, and the audit records it', async () => {
  const holder = await createHolder(server);
  const [added] = await readMails(server, holder.email);
  expect(added?.text).toContain('The authenticator app of your account');
  server.clock.advance(61 * MINUTE);
  await disable((await signInByApp(server, holder, holder.app)).access);
  expect(await readMails(server, holder.email)).toHaveLength(2);
  const acts = (await listActs(server, holder.id)).map(({ act, actor, details }) => [act, actor.id, details.factor]);
  expect(acts).toEqual([
    ['auth.factor_added', holder.id, 'totp'],
    ['auth.factor_removed', holder.id, 'totp'],
  ]);
});

test('the secret is sealed and the backup codes are hashed, in the database, in logs, in audit and in mails', async () => {
  const holder = await createHolder(server);
  const { secret } = expectOk(await enroll(holder.tokens.access));
  const { mfa_token } = await beginSignIn(server, holder);
  await verify(server, mfa_token, 'totp', 'not-a-code-at-all');
  const code = nextCode(server, holder.app.secret);
  await verify(server, mfa_token, 'totp', code);
  await settleOutbox(server);
  const { db } = server.deps.database;
  const collections = await db.listCollections().toArray();
  const stored = await Promise.all(collections.map(({ name }) => db.collection(name).find().toArray()));
  const written = JSON.stringify(stored) + capture.text();
  for (const word of [holder.app.secret, secret, mfa_token, ...holder.app.backupCodes]) {
    expect(written).not.toContain(word);
    expect(written).not.toContain(word.replace('-', ''));
  }
  expect(capture.text()).not.toContain(`"${code}"`);
  expect((await readStored(holder))?.two_factor?.backup_codes).toHaveLength(10);
});
