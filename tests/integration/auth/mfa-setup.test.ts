// A role that demands a second factor: who has none enrolls one on the way in, and nothing else can be done with that token.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../support/authenticator.ts';
import { requestCodeAmong, settle } from '../../support/instances.ts';
import { openLink, readLink } from '../../support/mailbox.ts';
import { newNumber } from '../../support/phones.ts';
import {
  beginSignIn,
  claimsOf,
  createHolder,
  enterStep,
  expectOk,
  nextCode,
  readApp,
  refresh,
  registerPasskey,
  signInByPasskey,
  verify,
} from '../../support/second-factors.ts';
import { type Answer, startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  const config = { security: { mfa_required_roles: ['Admin'] } };
  server = await startTestServer({ config });
  second = await startTestServer({ sharedWith: server, config });
  enterStep(server.clock);
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const MINUTE = 60_000;
const ADMIN = [{ name: 'Admin' }];
const PAGE = () => server.url.replace('127.0.0.1', 'localhost');

const post = (path: string, body: object, on = server) => on.rest('POST', path, { body });
const enroll = (setup_token: string) => post('/auth/mfa/enroll', { setup_token });
const activate = (setup_token: string, code: string, on = server) =>
  post('/auth/mfa/activate', { setup_token, code }, on);

async function beginSetup(wishes: object = {}): Promise<{ user: TestUser; setup: Answer }> {
  const user = await server.createUser(ADMIN);
  return { user, setup: await beginSignIn(server, user, wishes) };
}

async function attest(setup_token: string, authenticator = createAuthenticator(PAGE())) {
  return authenticator.create(expectOk(await post('/auth/passkeys/register-options', { setup_token })));
}

describe('by an app', () => {
  test('a sign-in waits for one, and goes on when it is proven, with tokens and backup codes', async () => {
    const { user, setup } = await beginSetup();
    expect(setup).toEqual({
      status: 'mfa_setup_required',
      setup_token: expect.any(String),
      methods: ['totp', 'passkey'],
      expires_in: 900,
    });
    const { secret } = expectOk(await enroll(setup.setup_token));
    const { status, body } = await activate(setup.setup_token, readApp(server.clock, secret));
    expect([status, body.status, body.backup_codes.length, body.user.id]).toEqual([200, 'ok', 10, user.id]);
    expect(claimsOf(body.access_token).amr).toEqual(['pwd', 'otp', 'mfa']);
    expect((await server.rest('GET', '/users', { token: body.access_token })).status).toBe(200);
    const refreshed = await post('/auth/refresh', { refresh_token: body.refresh_token });
    expect(refreshed.status).toBe(200);

    const next = await beginSignIn(server, user);
    expect(next.methods).toEqual(['totp', 'backup_code']);
    expect((await verify(server, next.mfa_token, 'totp', nextCode(server, secret))).status).toBe(200);
  });

  test('a wrong code leaves it waiting, five of them end it and count to the lock', async () => {
    const { user, setup } = await beginSetup();
    const { secret } = expectOk(await enroll(setup.setup_token));
    for (let failure = 0; failure < 5; failure++)
      expect((await activate(setup.setup_token, readApp(server.clock, secret, 9))).body.code).toBe('INVALID_CODE');
    expect((await activate(setup.setup_token, readApp(server.clock, secret))).body.code).toBe('INVALID_CODE');
    const { email, password } = user;
    expect((await post('/auth/login', { email, password })).body.code).toBe('ACCOUNT_LOCKED');
  });

  test('the token is good for 15 minutes, and once, on two instances too', async () => {
    const { setup } = await beginSetup();
    const { secret } = expectOk(await enroll(setup.setup_token));
    const code = readApp(server.clock, secret);
    const answers = await Promise.all([activate(setup.setup_token, code), activate(setup.setup_token, code, second)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await enroll(setup.setup_token)).body.code).toBe('INVALID_CODE');

    const { setup: late } = await beginSetup();
    server.clock.advance(15 * MINUTE + 1_000);
    expect((await enroll(late.setup_token)).body.code).toBe('INVALID_CODE');
  });

  test('a cookie’s sign-in goes on in the cookie, from pages of ours alone', async () => {
    const user = await server.createUser(ADMIN);
    const headers = { origin: server.url };
    const body = { email: user.email, password: user.password, refresh_transport: 'cookie' };
    const { setup_token } = expectOk(await server.rest('POST', '/auth/login', { body, headers }));
    expect((await enroll(setup_token)).body.code).toBe('ORIGIN_REFUSED');
    const { secret } = expectOk(await server.rest('POST', '/auth/mfa/enroll', { body: { setup_token }, headers }));
    const activation = { setup_token, code: readApp(server.clock, secret) };
    const answer = await server.rest('POST', '/auth/mfa/activate', { body: activation, headers });
    expect([answer.status, answer.body.refresh_token]).toEqual([200, undefined]);
    expect(answer.headers.getSetCookie()[0]).toContain('__Host-ac_refresh=');
  });
});

describe('by a passkey', () => {
  test('the same way; the next sign-in is by it alone, or by it as a second factor', async () => {
    const { user, setup } = await beginSetup();
    const authenticator = createAuthenticator(PAGE());
    const attestation = await attest(setup.setup_token, authenticator);
    const { status, body } = await post('/auth/passkeys', { setup_token: setup.setup_token, attestation });
    expect([status, body.status, body.backup_codes.length]).toEqual([201, 'ok', 10]);
    expect(claimsOf(body.access_token).amr).toEqual(['pwd', 'passkey', 'mfa']);
    expect((await beginSignIn(server, user)).methods).toEqual(['passkey', 'backup_code']);
    expect((await signInByPasskey(server, authenticator)).body.user.id).toBe(user.id);
  });

  test('one made for another person’s token is refused', async () => {
    const { setup } = await beginSetup();
    const { setup: another } = await beginSetup();
    const attestation = await attest(another.setup_token);
    const answer = await post('/auth/passkeys', { setup_token: setup.setup_token, attestation });
    expect(answer.body.code).toBe('INVALID_CODE');
  });

  test('a locked account gets none: it would be there, and its backup codes lost', async () => {
    const { user, setup } = await beginSetup();
    const attestation = await attest(setup.setup_token);
    const guess = { email: user.email, password: 'a wrong guess' };
    for (let failure = 0; failure < 5; failure++) await post('/auth/login', guess);
    const body = { setup_token: setup.setup_token, attestation };
    expect((await post('/auth/passkeys', body)).body.code).toBe('ACCOUNT_LOCKED');
    server.clock.advance(31 * MINUTE);
    expect((await beginSignIn(server, user)).status).toBe('mfa_setup_required');
  });
});

describe('the token is good for that alone', () => {
  test('it opens no door, and finishes no other sign-in', async () => {
    const { setup } = await beginSetup();
    const { setup_token } = setup;
    for (const path of ['/auth/me', '/auth/passkeys', '/users'])
      expect((await server.rest('GET', path, { token: setup_token })).status).toBe(401);
    const reset = { change_token: setup_token, new_password: 'another horse battery' };
    expect((await post('/auth/password/reset', reset)).body.code).toBe('INVALID_CODE');
    expect((await verify(server, setup_token, 'totp', '123456')).body.code).toBe('INVALID_CODE');
    expect((await post('/auth/passkeys/login-options', { mfa_token: setup_token })).body.code).toBe('INVALID_CODE');
    for (const path of ['/auth/mfa/disable', '/auth/mfa/backup-codes', '/auth/step-up'])
      expect((await post(path, { setup_token })).status).toBe(401);
  });

  test('it is void once a factor is there, or the password is another', async () => {
    const { user, setup } = await beginSetup();
    const other = await beginSignIn(server, user);
    const { secret } = expectOk(await enroll(other.setup_token));
    await activate(other.setup_token, readApp(server.clock, secret));
    expect((await enroll(setup.setup_token)).body.code).toBe('INVALID_CODE');
    const attestation = await post('/auth/passkeys/register-options', { setup_token: setup.setup_token });
    expect(attestation.body.code).toBe('INVALID_CODE');
  });

  test('without token and session nothing is enrolled; a service is no person', async () => {
    for (const [path, body] of [
      ['/auth/mfa/enroll', {}],
      ['/auth/mfa/activate', { code: '123456' }],
      ['/auth/passkeys/register-options', {}],
    ] as const) {
      expect((await post(path, body)).body.code).toBe('UNAUTHENTICATED');
      expect((await post(path, { ...body, setup_token: 'x'.repeat(43) })).body.code).toBe('INVALID_CODE');
      const token = await server.mintClientToken(['users:read']);
      expect((await server.rest('POST', path, { token, body })).body.code).toBe('PERMISSION_DENIED');
    }
  });
});

describe('who is asked', () => {
  test('only a live grant demands: neither one that expired nor another role', async () => {
    const past = new Date(server.clock.now().getTime() - 1_000);
    for (const roles of [[{ name: 'Admin', expires_at: past }, { name: 'User' }], [{ name: 'Editor' }]])
      expect((await beginSignIn(server, await server.createUser(roles))).status).toBe('ok');
    const future = new Date(server.clock.now().getTime() + MINUTE);
    const passing = await server.createUser([{ name: 'Admin', expires_at: future }]);
    expect((await beginSignIn(server, passing)).status).toBe('mfa_setup_required');
  });

  test('whatever the way in: a phone code does not stand in for a second factor', async () => {
    const phone = newNumber();
    const signIn = async () => {
      const { code } = await requestCodeAmong([server, second], { phone }, 'login');
      return expectOk(await post('/auth/login', { phone, code }));
    };
    const { status, user } = await signIn();
    expect(status).toBe('ok');
    const admin = await server.deps.users.findById((await server.createUser(ADMIN)).id);
    await server.deps.users.update(user.id, {}, { $set: { roles: admin?.roles ?? [] } });
    expect((await signIn()).status).toBe('mfa_setup_required');
  });

  test('who has a factor is asked for it and not for another', async () => {
    const holder = await createHolder(server);
    const admin = await server.deps.users.findById((await server.createUser(ADMIN)).id);
    await server.deps.users.update(holder.id, {}, { $set: { roles: admin?.roles ?? [] } });
    expect((await beginSignIn(server, holder)).status).toBe('mfa_required');
  });
});

describe('a demand that comes after the sign-in', () => {
  let lax: TestServer;
  let admin: string;
  beforeAll(async () => {
    lax = await startTestServer({ sharedWith: server });
    admin = (await lax.signIn(await server.createUser(ADMIN))).access;
  });
  afterAll(() => lax.close());

  const grantAdmin = async ({ id }: TestUser) =>
    expectOk(await lax.rest('POST', `/users/${id}/roles`, { token: admin, body: { role_id: lax.roleId('Admin') } }));

  test('ends what was opened without a factor, at its next refresh; a session that has shown one goes on', async () => {
    const [bare, holder] = [await server.createUser(), await createHolder(server)];
    const tokens = await server.signIn(bare);
    for (const user of [bare, holder]) await grantAdmin(user);
    const refreshed = await post('/auth/refresh', { refresh_token: tokens.refresh });
    expect([refreshed.status, refreshed.body.code]).toEqual([401, 'SESSION_REVOKED']);
    expect((await beginSignIn(server, bare)).status).toBe('mfa_setup_required');
    expect((await post('/auth/refresh', { refresh_token: holder.tokens.refresh })).status).toBe(200);
  });

  test('keeps the last factor where it is; one beside it may go', async () => {
    const holder = await createHolder(server);
    await grantAdmin(holder);
    const renewed = await refresh(server, holder.tokens);
    let token = renewed.access;
    const disable = () => server.rest('POST', '/auth/mfa/disable', { token });
    expect((await disable()).body.code).toBe('LAST_CREDENTIAL');
    const key = createAuthenticator(PAGE());
    expectOk(await registerPasskey(server, token, key));
    token = (await refresh(server, renewed)).access;
    expect((await disable()).status).toBe(204);
    token = expectOk(await signInByPasskey(server, key)).access_token;
    const [passkey] = expectOk(await server.rest('GET', '/auth/passkeys', { token })).items;
    expect((await server.rest('DELETE', `/auth/passkeys/${passkey.id}`, { token })).body.code).toBe('LAST_CREDENTIAL');
  });
});

describe('where every user needs one', () => {
  const open: TestServer[] = [];
  const startStrict = async (registration = {}) => {
    const security = { mfa_required_roles: ['User'] };
    const strict = await startTestServer({ sharedWith: server, config: { security, registration } });
    open.push(strict);
    return strict;
  };
  afterAll(async () => {
    for (const one of open) await one.close();
  });

  test('registering by phone waits for it, as signing in does', async () => {
    const strict = await startStrict();
    for (const [path, purpose] of [
      ['/auth/register', 'register'],
      ['/auth/login', 'login'],
    ] as const) {
      const phone = newNumber();
      const { code } = await requestCodeAmong([server, second, strict], { phone }, purpose);
      const setup = expectOk(await post(path, { phone, code }, strict));
      expect([setup.status, setup.access_token]).toEqual(['mfa_setup_required', undefined]);
      const { secret } = expectOk(await post('/auth/mfa/enroll', { setup_token: setup.setup_token }, strict));
      const done = expectOk(await activate(setup.setup_token, readApp(server.clock, secret), strict));
      expect([done.status, claimsOf(done.access_token).amr]).toEqual(['ok', ['sms', 'otp', 'mfa']]);
    }
  });

  test('registering by e-mail waits for it, and the factor for the link in the mail', async () => {
    const strict = await startStrict({ email_verification: 'optional' });
    const tag = `strict_${server.clock.now().getTime()}`;
    const person = { username: tag, email: `${tag}@example.com`, password: 'correct horse battery' };
    const setup = expectOk(await post('/auth/register', person, strict));
    expect([setup.status, setup.access_token]).toEqual(['mfa_setup_required', undefined]);
    const begin = () => post('/auth/mfa/enroll', { setup_token: setup.setup_token }, strict);
    expect((await begin()).body.code).toBe('EMAIL_NOT_VERIFIED');
    await settle([server, second, strict]);
    expect((await openLink(strict, await readLink(strict, person.email))).status).toBe(200);
    const { secret } = expectOk(await begin());
    const done = expectOk(await activate(setup.setup_token, readApp(server.clock, secret), strict));
    expect([done.status, done.user.username]).toEqual(['ok', tag]);
  });
});

test('a password to be changed is asked for after the factor, with the backup codes', async () => {
  const { user } = await beginSetup();
  await server.deps.users.update(user.id, {}, { $set: { password_change_required: true } });
  const { setup_token } = await beginSignIn(server, user);
  const { secret } = expectOk(await enroll(setup_token));
  const { body } = await activate(setup_token, readApp(server.clock, secret));
  expect(body).toEqual({
    status: 'password_change_required',
    change_token: expect.any(String),
    expires_in: 900,
    backup_codes: expect.any(Array),
  });
  const change = { change_token: body.change_token, new_password: 'another horse battery' };
  expect((await post('/auth/password/reset', change)).status).toBe(204);
  const next = await beginSignIn(server, { ...user, password: 'another horse battery' });
  expect((await verify(server, next.mfa_token, 'backup_code', body.backup_codes[3])).body.status).toBe('ok');
});
