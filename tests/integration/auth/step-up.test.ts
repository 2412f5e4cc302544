// Proving oneself again: what demands it after ten minutes, by what it is done, and what the session has of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../support/authenticator.ts';
import { batch, unwrap } from '../../support/doors.ts';
import { newNumber, requestCode, signInByPhone } from '../../support/phones.ts';
import {
  assert,
  beginSignIn,
  claimsOf,
  createHolder,
  expectOk,
  nextCode,
  refresh,
  registerPasskey,
  verify,
} from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { listActs } from '../users/people.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { server: { cors_origins: [PAGE] } } });
});
afterAll(() => server.close());

const PAGE = 'http://localhost:5173';
const MINUTE = 60_000;
const LATER = 10 * MINUTE + 2_000;
const ID = 'a'.repeat(24);

const stepUp = (token: string, body: object) => server.rest('POST', '/auth/step-up', { token, body });
/** Begins with an authenticator app: an act that demands a fresh proof. */
const enroll = (token: string) => server.rest('POST', '/auth/mfa/enroll', { token });
const isFresh = async (token: string) => (await enroll(token)).body.code !== 'STEP_UP_REQUIRED';

describe('after ten minutes', () => {
  let admin: Tokens;
  let other: TestUser;
  beforeAll(async () => {
    admin = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    other = await server.createUser();
    server.clock.advance(LATER);
  });

  const acts: [string, string, object?][] = [
    ['POST', '/auth/contact', { email: 'new@example.com', code: '123456' }],
    ['DELETE', '/auth/contact?contact=email'],
    ['POST', '/auth/password/change', { new_password: 'another horse battery' }],
    ['POST', '/auth/mfa/enroll'],
    ['POST', '/auth/mfa/activate', { code: '123456' }],
    ['POST', '/auth/mfa/disable'],
    ['POST', '/auth/mfa/backup-codes'],
    ['POST', '/auth/passkeys/register-options'],
    ['POST', '/auth/passkeys', {}],
    ['DELETE', `/auth/passkeys/${ID}`],
    ['DELETE', '/auth/account'],
    ['POST', '/users/OTHER/mfa/reset'],
    ['POST', '/users/OTHER/roles', { role_id: 'ADMIN' }],
  ];
  test.each(acts)('%s %s demands a fresh proof', async (method, path, body) => {
    const input = body && JSON.parse(JSON.stringify(body).replace('ADMIN', server.roleId('Admin')));
    const answer = await server.rest(method, path.replace('OTHER', other.id), { token: admin.access, body: input });
    expect([answer.status, answer.body.code]).toEqual([403, 'STEP_UP_REQUIRED']);
  });

  test('over tRPC too, and in the middle of a batch', async () => {
    const { body } = await batch(
      server,
      [{ path: 'auth.verify', input: { token: admin.access } }, { path: 'auth.account.delete' }],
      {
        token: admin.access,
      },
    );
    const [verified, deletion] = body.map((answer: object) => unwrap({ body: answer }));
    expect([verified.valid, deletion.code]).toEqual([true, 'STEP_UP_REQUIRED']);
  });

  test('what is less dangerous goes on: a role below Admin', async () => {
    const role = { role_id: server.roleId('Editor') };
    const granted = await server.rest('POST', `/users/${other.id}/roles`, { token: admin.access, body: role });
    expect(granted.status).toBe(201);
  });
});

test('ten minutes to the second', async () => {
  const { access } = await server.signIn(await server.createUser());
  server.clock.advance(10 * MINUTE - 5_000);
  expect(await isFresh(access)).toBe(true);
  server.clock.advance(7_000);
  expect(await isFresh(access)).toBe(false);
});

test('a refresh proves nothing', async () => {
  const tokens = await server.signIn(await server.createUser());
  server.clock.advance(LATER);
  expect(await isFresh((await refresh(server, tokens)).access)).toBe(false);
});

describe('by a password', () => {
  test('gives an access token of the same session; the refresh token stays good and its tokens carry the proof', async () => {
    const user = await server.createUser();
    const tokens = await server.signIn(user);
    const elsewhere = await server.signIn(user);
    server.clock.advance(LATER);
    const { status, body } = await stepUp(tokens.access, { password: user.password });
    expect([status, body]).toEqual([
      200,
      { status: 'ok', access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
    ]);
    const [before, after] = [claimsOf(tokens.access), claimsOf(body.access_token)];
    expect(after.sid).toBe(before.sid);
    expect(after.amr).toEqual(['pwd']);
    expect(after.auth_time - before.auth_time).toBeGreaterThanOrEqual(602);
    expect(await isFresh(body.access_token)).toBe(true);
    const renewed = await refresh(server, tokens);
    expect(claimsOf(renewed.access).auth_time).toBe(after.auth_time);
    expect(await isFresh(renewed.access)).toBe(true);
    // The token from before, and other sessions, gain nothing.
    expect(await isFresh(tokens.access)).toBe(false);
    expect(await isFresh((await refresh(server, elsewhere)).access)).toBe(false);
    const [record] = (await listActs(server, after.sid)).filter(({ act }) => act === 'auth.step_up');
    expect(record).toMatchObject({ actor: { id: user.id, sid: after.sid }, details: { methods: ['pwd'] } });
  });

  test('a wrong one is refused; an account without one has none that is right', async () => {
    const { access } = await server.signIn(await server.createUser());
    const answer = await stepUp(access, { password: 'a wrong guess' });
    expect([answer.status, answer.body.code]).toEqual([401, 'INVALID_CREDENTIALS']);
    const { body } = await signInByPhone(server, newNumber());
    expect((await stepUp(body.access_token, { password: 'a wrong guess' })).body.code).toBe('INVALID_CREDENTIALS');
  });
});

describe('by a second factor', () => {
  test('of the app: the session has two factors from then on, and the code is spent', async () => {
    const holder = await createHolder(server);
    const code = nextCode(server, holder.app.secret);
    const { body } = await stepUp(holder.tokens.access, { code });
    expect(claimsOf(body.access_token).amr).toEqual(['pwd', 'otp', 'mfa']);
    expect(claimsOf((await refresh(server, holder.tokens)).access).amr).toEqual(['pwd', 'otp', 'mfa']);
    const { mfa_token } = await beginSignIn(server, holder);
    expect((await verify(server, mfa_token, 'totp', code)).body.code).toBe('INVALID_CODE');
    expect((await stepUp(holder.tokens.access, { code })).body.code).toBe('INVALID_CODE');
  });

  test('a backup code, once', async () => {
    const holder = await createHolder(server);
    const code = holder.app.backupCodes[2] ?? '';
    const answers = await Promise.all([1, 2].map(() => stepUp(holder.tokens.access, { code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test('a passkey, with PIN or finger', async () => {
    const authenticator = createAuthenticator(PAGE);
    const before = await server.signIn(await server.createUser());
    expectOk(await registerPasskey(server, before.access, authenticator));
    const { access: token } = await refresh(server, before);
    const sign = (quirks = {}) => assert(server, authenticator, { token, body: { purpose: 'step_up' }, quirks });
    const careless = await stepUp(token, { assertion: await sign({ userVerified: false }) });
    expect(careless.body.code).toBe('INVALID_CODE');
    const { body } = await stepUp(token, { assertion: await sign() });
    expect(claimsOf(body.access_token).amr).toEqual(['pwd', 'passkey', 'mfa']);
  });

  test('a token that is stale is told so: its holder refreshes, and is not signed out', async () => {
    const { access, refresh: refresh_token } = await server.signIn(await server.createUser());
    const ask = (token: string) =>
      server.rest('POST', '/auth/passkeys/login-options', { token, body: { purpose: 'step_up' } });
    expectOk(await registerPasskey(server, access, createAuthenticator(PAGE)));
    expect((await ask(access)).body.code).toBe('TOKEN_STALE');
    const renewed = await refresh(server, { access, refresh: refresh_token });
    expect((await ask(renewed.access)).status).toBe(200);
    await server.rest('POST', '/auth/logout', { token: renewed.access });
    expect((await ask(renewed.access)).body.code).toBe('SESSION_REVOKED');
  });

  test('of another person is none', async () => {
    const [holder, other] = [await createHolder(server), await createHolder(server)];
    for (const code of [nextCode(server, other.app.secret), other.app.backupCodes[0] ?? ''])
      expect((await stepUp(holder.tokens.access, { code })).body.code).toBe('INVALID_CODE');
  });
});

describe('by a code to one’s own phone or mailbox', () => {
  test('for who has no second factor', async () => {
    const number = newNumber();
    const { body: signedIn } = await signInByPhone(server, number);
    server.clock.advance(LATER);
    const wide = [...number].map((digit) => String.fromCodePoint(Number(digit) + 0xff10)).join('');
    const sent = await server.rest('POST', '/auth/otp', {
      token: signedIn.access_token,
      body: { phone: wide, purpose: 'step_up' },
    });
    const { challengeId, code } = await requestCode(server, { phone: number }, 'step_up', signedIn.access_token);
    expect(sent.status).toBe(202);
    const { body } = await stepUp(signedIn.access_token, { code, challenge_id: challengeId });
    expect(claimsOf(body.access_token).amr).toEqual(['sms']);
    expect(await isFresh(body.access_token)).toBe(true);
    const again = await stepUp(signedIn.access_token, { code, challenge_id: challengeId });
    expect(again.body.code).toBe('INVALID_CODE');
  });

  test('to a verified mailbox', async () => {
    const user = await server.createUser();
    const { access } = await server.signIn(user);
    const { challengeId, code } = await requestCode(server, { email: user.email }, 'step_up', access);
    const { body } = await stepUp(access, { code, challenge_id: challengeId });
    expect(claimsOf(body.access_token).amr).toEqual(['pwd', 'email']);
  });

  test('never to somebody else’s, one that is not verified, or for who enrolled more than that', async () => {
    const stranger = newNumber();
    await signInByPhone(server, stranger);
    const user = await server.createUser([{ name: 'User' }], { email_verified: false });
    const { access } = await server.signIn(user);
    const ask = (body: object, token?: string) => server.rest('POST', '/auth/otp', { token, body });
    for (const target of [{ phone: stranger }, { email: user.email }, { email: 'nobody@example.com' }])
      expect((await ask({ ...target, purpose: 'step_up' }, access)).body.code).toBe('VALIDATION_FAILED');
    expect((await ask({ email: user.email, purpose: 'step_up' })).body.code).toBe('UNAUTHENTICATED');

    const holder = await createHolder(server);
    const { challengeId, code } = await requestCode(server, { email: holder.email }, 'step_up', holder.tokens.access);
    const answer = await stepUp(holder.tokens.access, { code, challenge_id: challengeId });
    expect(answer.body.code).toBe('INVALID_CODE');
  });

  test('one asked for by another session’s owner, or for another purpose, is none', async () => {
    const [user, thief] = [await server.createUser(), await server.createUser()];
    const [{ access }, { access: stolen }] = [await server.signIn(user), await server.signIn(thief)];
    const { challengeId, code } = await requestCode(server, { email: user.email }, 'step_up', access);
    expect((await stepUp(stolen, { code, challenge_id: challengeId })).body.code).toBe('INVALID_CODE');
    const bind = await requestCode(server, { email: user.email }, 'bind', access);
    expect((await stepUp(access, { code: bind.code, challenge_id: bind.challengeId })).body.code).toBe('INVALID_CODE');
    const login = await requestCode(server, { email: user.email }, 'login');
    expect((await stepUp(access, { code: login.code, challenge_id: login.challengeId })).body.code).toBe(
      'INVALID_CODE',
    );
    expect((await stepUp(access, { code, challenge_id: challengeId })).status).toBe(200);
  });
});
