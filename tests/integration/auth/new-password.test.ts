// What a new password by a mailed link puts an end to, and what it leaves as it was.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { requestCodeAmong, settle } from '../../support/instances.ts';
import { readMails, tokenOf } from '../../support/mailbox.ts';
import { forgetPassword, NEW_PASSWORD, readAudit, resetPassword, tryPassword } from '../../support/passwords.ts';
import { beginSignIn, createHolder, nextCode, verify } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';

let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function mailsTo(email: string) {
  await settle([server, other]);
  return readMails(server, email);
}

/** Forgets a password and reads the token of the newest link. */
async function forget({ email }: Pick<TestUser, 'email'>): Promise<string> {
  expect((await forgetPassword(server, { email })).status).toBe(202);
  return tokenOf((await mailsTo(email))[0]);
}

const outcomeOf = async (token: string): Promise<unknown> => {
  const { status, body } = await resetPassword(server, { token });
  return body?.code ?? status;
};

test('a new password ends all sessions, at once and on both instances', async () => {
  const user = await server.createUser();
  const sessions = [await server.signIn(user), await other.signIn(user)];
  await resetPassword(server, { token: await forget(user) });
  for (const { access, refresh } of sessions) {
    expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('SESSION_REVOKED');
    await vi.waitFor(
      async () => expect((await other.rest('GET', '/auth/me', { token: access })).body.code).toBe('SESSION_REVOKED'),
      soon,
    );
    const { body } = await other.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
    expect(body.code).toBe('SESSION_REVOKED');
  }
});

test('a new password opens the lock', async () => {
  const user = await server.createUser();
  for (let i = 0; i < 5; i++) await tryPassword(server, user, 'wrong password');
  expect(await tryPassword(server, user, user.password)).toBe('ACCOUNT_LOCKED');
  expect(await outcomeOf(await forget(user))).toBe(204);
  expect(await tryPassword(other, user, NEW_PASSWORD)).toBe('ok');
});

test('a new password makes an unfinished sign-in void', async () => {
  const holder = await createHolder(server);
  const { mfa_token } = await beginSignIn(server, holder);
  expect(await outcomeOf(await forget(holder))).toBe(204);
  const { status, body } = await verify(other, mfa_token, 'totp', nextCode(server, holder.app.secret));
  expect([status, body.code]).toEqual([401, 'INVALID_CODE']);
  // And is no way around the factor.
  expect((await beginSignIn(server, { ...holder, password: NEW_PASSWORD })).status).toBe('mfa_required');
});

test('a new password makes a change of address void that was under way', async () => {
  const user = await server.createUser();
  const thief = `${randomBytes(5).toString('hex')}@example.com`;
  const { access } = await server.signIn(user);
  const { challengeId: challenge_id, code } = await requestCodeAmong([server, other], { email: thief }, 'bind', access);
  const body = { email: thief, challenge_id, code };
  expect(await outcomeOf(await forget(user))).toBe(204);
  const { access: token } = await server.signIn({ ...user, password: NEW_PASSWORD });
  expect((await server.rest('POST', '/auth/contact', { token, body })).body.code).toBe('INVALID_CODE');
});

test('a new password is told to the person, and audited as their own act', async () => {
  const user = await server.createUser();
  await outcomeOf(await forget(user));
  expect((await mailsTo(user.email)).map(({ subject }) => subject)).toEqual([
    'Your account was changed',
    'Choose a new password',
  ]);
  const records = await readAudit(server, 'auth.password_reset', user.id);
  expect(records).toMatchObject([{ outcome: 'success', actor: { kind: 'user', id: user.id, sid: null } }]);
  expect(JSON.stringify(records)).not.toContain(NEW_PASSWORD);
});

test('a new password that is weak is refused, says why, and spends nothing', async () => {
  const user = await server.createUser();
  const token = await forget(user);
  for (const weak of ['short', 'iloveyou', `x ${user.username} y`, 'x'.repeat(129), '1234567']) {
    const { status, body } = await resetPassword(server, { token }, weak);
    expect([status, body.errors?.map(({ path }: { path: string }) => path)]).toEqual([400, ['new_password']]);
  }
  expect(await tryPassword(server, user, user.password)).toBe('ok');
  expect(await outcomeOf(token)).toBe(204);
});

test('a new password that comes to nothing in the middle leaves everything as it was', async () => {
  const user = await server.createUser();
  const token = await forget(user);
  const { access } = await server.signIn(user);
  vi.spyOn(server.deps.attempts, 'remove').mockRejectedValueOnce(new Error('the power went out'));
  expect(await outcomeOf(token)).toBe('INTERNAL');
  expect((await server.rest('GET', '/auth/me', { token: access })).status).toBe(200);
  expect(await tryPassword(server, user, user.password)).toBe('ok');
  expect(await outcomeOf(token)).toBe(204);
});

test('a new password is not for an account that is disabled, whose link tells so and stays', async () => {
  const user = await server.createUser();
  const token = await forget(user);
  await server.deps.users.update(user.id, {}, { $set: { status: 'locked' } });
  const { status, body } = await resetPassword(server, { token });
  expect([status, body.code]).toEqual([403, 'ACCOUNT_DISABLED']);
  await server.deps.users.update(user.id, {}, { $set: { status: 'active' } });
  expect(await outcomeOf(token)).toBe(204);
});
