// Passkeys: made known, listed, used alone and as a second factor, removed; on two instances at once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Authenticator, createAuthenticator } from '../../support/authenticator.ts';
import { settle } from '../../support/instances.ts';
import { readMails } from '../../support/mailbox.ts';
import {
  assert,
  beginSignIn,
  claimsOf,
  expectOk,
  refresh,
  registerPasskey,
  signInByPasskey,
  verify,
} from '../../support/second-factors.ts';
import { type Answer, startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { listActs } from '../users/people.ts';

let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  second = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const MINUTE = 60_000;
/** Addresses have no passkeys: the page is reached by the machine's name. */
const newAuthenticator = (options = {}) => createAuthenticator(server.url.replace('127.0.0.1', 'localhost'), options);

let user: TestUser;
let tokens: Tokens;
let authenticator: Authenticator;
beforeEach(async () => {
  user = await server.createUser();
  tokens = await server.signIn(user);
  authenticator = newAuthenticator();
});

/** Makes one known and signs in by it. */
async function startWithPasskey(label?: string): Promise<Answer> {
  expectOk(await registerPasskey(server, tokens.access, authenticator, label ? { label } : {}));
  const answer = expectOk(await signInByPasskey(server, authenticator));
  tokens = { access: answer.access_token, refresh: answer.refresh_token };
  return answer;
}

const list = async (token = tokens.access): Promise<Answer[]> =>
  expectOk(await server.rest('GET', '/auth/passkeys', { token })).items;
const remove = (id: string, token = tokens.access, on = server) => on.rest('DELETE', `/auth/passkeys/${id}`, { token });

describe('making one known', () => {
  test('asks for what every authenticator has, for the person, bound to the domain', async () => {
    await server.deps.users.update(user.id, {}, { $set: { 'profile.name': '李雷' } });
    const { body } = await server.rest('POST', '/auth/passkeys/register-options', { token: tokens.access });
    expect(body).toMatchObject({
      rp: { id: 'localhost', name: 'AuthCenter' },
      user: { name: user.username, displayName: '李雷' },
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
      excludeCredentials: [],
    });
    expect(Buffer.from(body.challenge, 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(body.pubKeyCredParams.map(({ alg }: { alg: number }) => alg)).toEqual([-8, -7, -257]);
  });

  test('the first brings backup codes, the next none; tokens are stale, the person is told, the audit records it', async () => {
    const first = await registerPasskey(server, tokens.access, authenticator);
    expect([first.status, first.body.status, first.body.backup_codes.length]).toEqual([201, 'active', 10]);
    expect((await server.rest('GET', '/auth/me', { token: tokens.access })).body.code).toBe('TOKEN_STALE');
    tokens = await refresh(server, tokens);
    const next = await registerPasskey(server, tokens.access, newAuthenticator());
    expect(next.body).toEqual({ status: 'active', backup_codes: null });
    await settle([server, second]);
    expect((await readMails(server, user.email))[0]?.text).toContain('A passkey of your account');
    const acts = (await listActs(server, user.id)).filter(({ act }) => act === 'auth.factor_added');
    expect(acts.map(({ actor, details }) => [actor.id, details])).toEqual([
      [user.id, { factor: 'passkey' }],
      [user.id, { factor: 'passkey' }],
    ]);
  });

  test('those that are known are left out by the browser, and refused when it did not; another person’s too', async () => {
    await startWithPasskey();
    const [credential] = authenticator.credentials;
    const { body } = await server.rest('POST', '/auth/passkeys/register-options', { token: tokens.access });
    expect(body.excludeCredentials).toMatchObject([{ id: credential?.id, type: 'public-key' }]);
    const twice = await registerPasskey(server, tokens.access, authenticator, credential ? { credential } : {});
    expect([twice.status, twice.body.code]).toEqual([409, 'ALREADY_EXISTS']);
    const thief = await server.signIn(await server.createUser());
    const stolen = await registerPasskey(server, thief.access, newAuthenticator(), credential ? { credential } : {});
    expect(stolen.body.code).toBe('ALREADY_EXISTS');
    expect(await list(thief.access)).toEqual([]);
    expect((await signInByPasskey(server, authenticator)).body.user.id).toBe(user.id);
  });

  test('two at once, in two tabs on two instances: who is answered so has one, the other begins again', async () => {
    const keys = [newAuthenticator(), newAuthenticator()];
    const answers = await Promise.all(
      keys.map((key, index) => registerPasskey(index ? second : server, tokens.access, key)),
    );
    const known = keys.filter((_, index) => answers[index]?.status === 201);
    expect(known.length).toBeGreaterThan(0);
    for (const key of keys) expect((await signInByPasskey(server, key)).status).toBe(known.includes(key) ? 200 : 401);
    expect((await server.deps.users.findById(user.id))?.security.two_factor?.passkeys).toBe(known.length);
  });

  test('twenty and no more', async () => {
    await startWithPasskey();
    await server.deps.users.update(user.id, {}, { $set: { 'security.two_factor.passkeys': 20 } });
    const full = await registerPasskey(server, tokens.access, newAuthenticator());
    expect([full.status, full.body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

test('the list tells label, age and use, and no key; of oneself alone', async () => {
  await startWithPasskey('我的手机');
  const synced = newAuthenticator({ backedUp: true });
  expectOk(await registerPasskey(server, tokens.access, synced));
  tokens = await refresh(server, tokens);
  const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  const id = expect.stringMatching(/^[0-9a-f]{24}$/);
  expect(await list()).toEqual([
    { id, label: '我的手机', backed_up: false, created_at: date, last_used_at: date },
    { id, label: 'Passkey', backed_up: true, created_at: date, last_used_at: null },
  ]);
  expect(await list((await server.signIn(await server.createUser())).access)).toEqual([]);
});

describe('signing in by one alone', () => {
  test('names nobody beforehand, asks for PIN or finger, and counts as two factors', async () => {
    const { access_token, user: me } = await startWithPasskey();
    expect(me.id).toBe(user.id);
    expect(claimsOf(access_token).amr).toEqual(['passkey', 'mfa']);
    const { body: options } = await server.rest('POST', '/auth/passkeys/login-options');
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required', allowCredentials: [] });
    expect((await list())[0].last_used_at).not.toBeNull();
  });

  test('who is switched off stays out, who is locked too, who left comes back', async () => {
    await startWithPasskey();
    const guess = { email: user.email, password: 'a wrong guess' };
    for (let failure = 0; failure < 5; failure++) await server.rest('POST', '/auth/login', { body: guess });
    expect((await signInByPasskey(server, authenticator)).body.code).toBe('ACCOUNT_LOCKED');
    server.clock.advance(31 * MINUTE);
    await server.deps.users.update(user.id, {}, { $set: { deletion_due_at: server.clock.now() } });
    expect((await signInByPasskey(server, authenticator)).status).toBe(200);
    expect((await server.deps.users.findById(user.id))?.deletion_due_at).toBeUndefined();
    await server.deps.users.update(user.id, {}, { $set: { status: 'inactive' } });
    expect((await signInByPasskey(server, authenticator)).body.code).toBe('ACCOUNT_DISABLED');
  });

  test('one answer, sent twice at once to two instances, opens one session', async () => {
    await startWithPasskey();
    for (const key of [authenticator, newAuthenticator({ backedUp: true })]) {
      if (key !== authenticator) expectOk(await registerPasskey(server, tokens.access, key));
      const body = { assertion: await assert(server, key) };
      const answers = await Promise.all([server, second].map((on) => on.rest('POST', '/auth/login', { body })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    }
  });

  test('one that is synchronised counts nothing, and is used on two devices at once', async () => {
    const synced = newAuthenticator({ backedUp: true });
    expectOk(await registerPasskey(server, tokens.access, synced));
    const answers = await Promise.all([server, second].map((on) => signInByPasskey(on, synced)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('as a second factor', () => {
  test('by possession alone; only the person’s own are asked for', async () => {
    await startWithPasskey();
    const { mfa_token, methods } = await beginSignIn(server, user);
    expect(methods).toEqual(['passkey', 'backup_code']);
    const { body: options } = await server.rest('POST', '/auth/passkeys/login-options', { body: { mfa_token } });
    expect(options).toMatchObject({ userVerification: 'preferred' });
    expect(options.allowCredentials.map(({ id }: { id: string }) => id)).toEqual([authenticator.credentials[0]?.id]);
    const assertion = authenticator.get(options, { userVerified: false });
    const body = { mfa_token, method: 'passkey', assertion };
    const answer = await server.rest('POST', '/auth/mfa/verify', { body });
    expect(claimsOf(answer.body.access_token).amr).toEqual(['pwd', 'passkey', 'mfa']);
    expect((await server.rest('POST', '/auth/mfa/verify', { body })).body.code).toBe('INVALID_CODE');
  });

  test('another person’s is refused and counts as a failure', async () => {
    await startWithPasskey();
    const stranger = newAuthenticator();
    expectOk(await registerPasskey(server, (await server.signIn(await server.createUser())).access, stranger));
    const { mfa_token } = await beginSignIn(server, user);
    const { body: options } = await server.rest('POST', '/auth/passkeys/login-options', { body: { mfa_token } });
    const assertion = stranger.get({ ...options, allowCredentials: [] });
    const answer = await server.rest('POST', '/auth/mfa/verify', { body: { mfa_token, method: 'passkey', assertion } });
    expect(answer.body.code).toBe('INVALID_CODE');
    const acts = await listActs(server, user.id);
    expect(acts.findLast(({ act }) => act === 'auth.login')).toMatchObject({
      outcome: 'failure',
      details: { method: 'passkey' },
    });
  });
});

describe('removing one', () => {
  test('it opens nothing any more; with the last the backup codes go', async () => {
    const { backup_codes } = expectOk(await registerPasskey(server, tokens.access, authenticator));
    tokens = await refresh(server, tokens);
    const [{ id }] = await list();
    expect((await remove(id)).status).toBe(204);
    expect((await signInByPasskey(server, authenticator)).body.code).toBe('INVALID_CREDENTIALS');
    const signedIn = await beginSignIn(server, user);
    expect(signedIn.status).toBe('ok');
    const stepUp = { code: backup_codes[0] };
    const answer = await server.rest('POST', '/auth/step-up', { token: signedIn.access_token, body: stepUp });
    expect(answer.body.code).toBe('INVALID_CODE');
    expect((await remove(id, signedIn.access_token)).body.code).toBe('NOT_FOUND');
  });

  test('a lost one of two goes, the other and the backup codes stay', async () => {
    const { backup_codes } = expectOk(await registerPasskey(server, tokens.access, authenticator));
    tokens = await refresh(server, tokens);
    const lost = newAuthenticator();
    expectOk(await registerPasskey(server, tokens.access, lost, { label: 'lost' }));
    tokens = await refresh(server, tokens);
    const { id } = (await list()).find(({ label }) => label === 'lost');
    expect((await remove(id)).status).toBe(204);
    expect((await signInByPasskey(server, lost)).status).toBe(401);
    expect((await signInByPasskey(server, authenticator)).status).toBe(200);
    const { mfa_token } = await beginSignIn(server, user);
    expect((await verify(server, mfa_token, 'backup_code', backup_codes[0])).status).toBe(200);
  });

  test('another person’s is not there', async () => {
    await startWithPasskey();
    const [{ id }] = await list();
    const thief = await server.signIn(await server.createUser());
    expect((await remove(id, thief.access)).body.code).toBe('NOT_FOUND');
    expect((await remove('not-an-id', thief.access)).body.code).toBe('VALIDATION_FAILED');
    expect(await list()).toHaveLength(1);
  });
});
