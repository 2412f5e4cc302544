// Accounts made for somebody else's address: their maker leaves no factor behind that would still open them when the owner comes.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticator } from '../support/authenticator.ts';
import { requestCodeAmong, settle } from '../support/instances.ts';
import { openLink, readLink, readMails, tokenOf } from '../support/mailbox.ts';
import { newNumber } from '../support/phones.ts';
import { enrollApp, expectOk, readApp, registerPasskey } from '../support/second-factors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
/** Asks everybody for a second factor: there it is a sign-in itself that offers to enroll one. */
let strict: TestServer;
beforeAll(async () => {
  const registration = { email_verification: 'optional' } as const;
  server = await startTestServer({ config: { registration } });
  strict = await startTestServer({
    sharedWith: server,
    config: { registration, security: { mfa_required_roles: ['User'] } },
  });
});
afterAll(async () => {
  await strict.close();
  await server.close();
});

const PASSWORD = 'the password of the attacker';
const newKey = () => createAuthenticator(server.url.replace('127.0.0.1', 'localhost'));

let victim: string;
let attacker: string;
let token: string;
/** The attacker registers the victim's address and is signed in. */
beforeEach(async () => {
  const tag = randomBytes(5).toString('hex');
  [victim, attacker] = [`${tag}@example.com`, `a_${tag}`];
  const body = { username: attacker, email: victim, password: PASSWORD };
  token = expectOk(await server.rest('POST', '/auth/register', { body })).access_token;
});

async function signInByPhone(phone: string): Promise<{ access_token: string }> {
  const { code } = await requestCodeAmong([server, strict], { phone }, 'login');
  return expectOk(await server.rest('POST', '/auth/login', { body: { phone, code } }));
}

const readAttacker = () => server.deps.users.findByLogin({ username: attacker });

describe('who has proven nothing enrolls nothing', () => {
  test.each([
    ['/auth/mfa/enroll', {}],
    ['/auth/mfa/activate', { code: '123456' }],
    ['/auth/passkeys/register-options', {}],
  ])('%s', async (path, body) => {
    const answer = await server.rest('POST', path, { token, body });
    expect([answer.status, answer.body.code]).toEqual([403, 'EMAIL_NOT_VERIFIED']);
    expect((await readAttacker())?.security.two_factor).toBeUndefined();
  });

  test('a passkey that answers another account’s challenge neither', async () => {
    const accomplice = await server.signIn(await server.createUser());
    const options = expectOk(
      await server.rest('POST', '/auth/passkeys/register-options', { token: accomplice.access }),
    );
    const body = { attestation: newKey().create(options) };
    expect((await server.rest('POST', '/auth/passkeys', { token, body })).body.code).toBe('EMAIL_NOT_VERIFIED');
  });

  test('nor where a role demands a factor, by the token of the sign-in that waits for it', async () => {
    const login = { username: attacker, password: PASSWORD };
    const { setup_token } = expectOk(await strict.rest('POST', '/auth/login', { body: login }));
    for (const path of ['/auth/mfa/enroll', '/auth/passkeys/register-options']) {
      const answer = await strict.rest('POST', path, { body: { setup_token } });
      expect([path, answer.body.code]).toEqual([path, 'EMAIL_NOT_VERIFIED']);
    }
    expect((await readAttacker())?.security.two_factor).toBeUndefined();
  });

  test('once the address is proven, the same sign-in goes on', async () => {
    await settle([server, strict]);
    await openLink(server, tokenOf((await readMails(server, victim))[0]));
    const login = { username: attacker, password: PASSWORD };
    const { setup_token } = expectOk(await strict.rest('POST', '/auth/login', { body: login }));
    const { secret } = expectOk(await strict.rest('POST', '/auth/mfa/enroll', { body: { setup_token } }));
    const activation = { setup_token, code: readApp(server.clock, secret) };
    expect((await strict.rest('POST', '/auth/mfa/activate', { body: activation })).body.status).toBe('ok');
  });
});

test('a number of the attacker’s own makes the account theirs, and then the address is lost to who proves it', async () => {
  const phone = newNumber();
  const { challengeId: challenge_id, code } = await requestCodeAmong([server, strict], { phone }, 'bind', token);
  expectOk(await server.rest('POST', '/auth/contact', { token, body: { phone, code, challenge_id } }));
  const signedIn = await signInByPhone(phone);
  await enrollApp(server, signedIn.access_token);

  const body = { username: `v_${attacker}`, email: victim, password: 'the password of the victim' };
  await server.rest('POST', '/auth/register', { body });
  await settle([server, strict]);
  expect((await openLink(server, await readLink(server, victim))).status).toBe(200);
  const { user } = expectOk(
    await server.rest('POST', '/auth/login', { body: { email: victim, password: body.password } }),
  );
  expect(user).toMatchObject({ username: body.username, email: victim, phone: null });
  const left = await readAttacker();
  expect([left?.email, left?.phone, left?.status]).toEqual([undefined, `+86${phone}`, 'active']);
});

test('who has proven a number, or was let in by an administrator, enrolls as others do', async () => {
  const { access_token } = await signInByPhone(newNumber());
  expect((await registerPasskey(server, access_token, newKey())).status).toBe(201);
  const { access } = await server.signIn(await server.createUser());
  expect((await server.rest('POST', '/auth/mfa/enroll', { token: access })).status).toBe(200);
});

test('where no address is ever verified there is nothing to wait for', async () => {
  const off = await startTestServer({
    sharedWith: server,
    config: { registration: { email_verification: 'off' } },
  });
  try {
    expect((await off.rest('POST', '/auth/mfa/enroll', { token })).status).toBe(200);
  } finally {
    await off.close();
  }
});
