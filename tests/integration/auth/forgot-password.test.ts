// A forgotten password, by mail: to whom a link goes, and what it is good for.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestAsHost } from '../../support/foreign-host.ts';
import { requestCodeAmong, settle } from '../../support/instances.ts';
import { readLink, readMails, tokenOf } from '../../support/mailbox.ts';
import { forgetPassword, NEW_PASSWORD, resetPassword, tryPassword } from '../../support/passwords.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

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

const MINUTE = 60_000;

/** All mails to the address: either instance may have one in hand. */
async function mailsTo(email: string) {
  await settle([server, other]);
  return readMails(server, email);
}

/** Forgets a password and reads the token of the newest link. */
async function forget({ email }: Pick<TestUser, 'email'>): Promise<string> {
  const { status, body } = await forgetPassword(server, { email });
  expect([status, body]).toEqual([202, null]);
  return tokenOf((await mailsTo(email))[0]);
}

const outcomeOf = async (token: string, password?: unknown, on = server): Promise<unknown> => {
  const { status, body } = await resetPassword(on, { token }, password);
  return body?.code ?? status;
};

describe('the link', () => {
  test('sets the new password, and signs nobody in', async () => {
    const user = await server.createUser();
    const answer = await resetPassword(server, { token: await forget(user) });
    expect([answer.status, answer.body, answer.headers.getSetCookie()]).toEqual([204, null, []]);
    expect(await tryPassword(server, user, user.password)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(other, user, NEW_PASSWORD)).toBe('ok');
  });

  test('works once', async () => {
    const token = await forget(await server.createUser());
    expect(await outcomeOf(token)).toBe(204);
    expect(await outcomeOf(token, 'another new passphrase', other)).toBe('INVALID_CODE');
  });

  test('used many times at once, over two instances, sets one password', async () => {
    const user = await server.createUser();
    const token = await forget(user);
    const passwords = Array.from({ length: 8 }, (_, i) => `passphrase number ${i}`);
    const outcomes = await Promise.all(
      passwords.map((password, i) => outcomeOf(token, password, i % 2 ? other : server)),
    );
    expect(outcomes.filter((outcome) => outcome === 204)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CODE')).toHaveLength(7);
    const winner = outcomes.indexOf(204);
    expect(await tryPassword(server, user, passwords[winner] ?? '')).toBe('ok');
    expect(await tryPassword(server, user, passwords[(winner + 1) % 8] ?? '')).toBe('INVALID_CREDENTIALS');
  });

  test('works for 30 minutes', async () => {
    const [early, late] = [await server.createUser(), await server.createUser()];
    const tokens = [await forget(early), await forget(late)] as const;
    server.clock.advance(29 * MINUTE);
    expect(await outcomeOf(tokens[0])).toBe(204);
    server.clock.advance(2 * MINUTE);
    expect(await outcomeOf(tokens[1])).toBe('INVALID_CODE');
    expect(await tryPassword(server, late, late.password)).toBe('ok');
  });

  test('asked for twice: both work, and the one that is used makes the other void', async () => {
    const user = await server.createUser();
    const [first, second] = [await forget(user), await forget(user)];
    expect(await outcomeOf(first)).toBe(204);
    expect(await outcomeOf(second, 'another new passphrase')).toBe('INVALID_CODE');
  });

  test('is void when the password was changed otherwise in between', async () => {
    const user = await server.createUser();
    const token = await forget(user);
    const { access } = await server.signIn(user);
    const body = { old_password: user.password, new_password: NEW_PASSWORD };
    expect((await server.rest('POST', '/auth/password/change', { token: access, body })).status).toBe(204);
    expect(await outcomeOf(token, 'what the thief wants')).toBe('INVALID_CODE');
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });

  test('that nobody made, of another purpose, or that is no text at all is refused', async () => {
    const unverified = await server.createUser([{ name: 'User' }], { email_verified: false });
    await server.rest('POST', '/auth/email/resend', { body: { email: unverified.email } });
    await mailsTo(unverified.email);
    for (const token of ['x', randomBytes(32).toString('base64url'), await readLink(server, unverified.email)])
      expect(await outcomeOf(token)).toBe('INVALID_CODE');
    for (const token of [{ $ne: null }, ['a'], null, 1, true, '']) {
      const { status, body } = await resetPassword(server, { token });
      expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    }
  });

  test('proves no address: it opens nothing but the password', async () => {
    const token = await forget(await server.createUser());
    const { body } = await server.rest('POST', '/auth/email/verify', { body: { token } });
    expect(body.code).toBe('INVALID_CODE');
    expect((await server.rest('POST', '/auth/login', { body: { magic_token: token } })).body.code).toBe('INVALID_CODE');
    expect(await outcomeOf(token)).toBe(204);
  });

  test('is stored as a keyed hash alone, and leads to the configured address whatever Host says', async () => {
    const { email } = await server.createUser();
    const headers = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
    const path = '/api/v1/auth/password/forgot';
    expect((await requestAsHost(server, 'evil.example', 'POST', path, { body: { email }, headers })).status).toBe(202);
    const [mail] = await mailsTo(email);
    expect(mail?.link).toMatch(new RegExp(`^${server.url}/reset-password\\?token=[\\w-]{43}$`));
    expect(mail?.text).not.toContain('evil.example');
    for (const name of ['one_time_codes', 'outbox', 'audit_logs'])
      expect(JSON.stringify(await server.deps.database.db.collection(name).find().toArray())).not.toContain(
        tokenOf(mail),
      );
  });
});

describe('to whom one goes', () => {
  test('speaks the language of who asked, and to an address in any letter case', async () => {
    const { email } = await server.createUser();
    await forgetPassword(server, { email: ` ${email.toUpperCase()}` }, { 'accept-language': 'zh-CN' });
    await mailsTo(email);
    await forgetPassword(server, { email });
    const [english, chinese] = await mailsTo(email);
    expect([chinese?.subject, english?.subject]).toEqual(['重置密码', 'Choose a new password']);
    expect(chinese?.text).toContain('链接 30 分钟内有效');
    expect(english?.text).toContain('It is good for 30 minutes');
  });

  test('an address that nobody has proven gets the mail that proves it; an unknown one gets none; the answers are one', async () => {
    const unverified = await server.createUser([{ name: 'User' }], { email_verified: false });
    const unknown = `${randomBytes(5).toString('hex')}@example.com`;
    for (const email of [unverified.email, unknown]) {
      const { status, body } = await forgetPassword(server, { email });
      expect([status, body]).toEqual([202, null]);
    }
    const mails = await mailsTo(unverified.email);
    expect(mails.map(({ subject }) => subject)).toEqual(['Confirm your e-mail address']);
    expect(await outcomeOf(tokenOf(mails[0]))).toBe('INVALID_CODE');
    expect(await mailsTo(unknown)).toEqual([]);
  });

  test('nothing but an address or a number is taken', async () => {
    for (const target of [
      {},
      { email: { $gt: '' } },
      { email: 'x' },
      { email: ['a@example.com'] },
      { username: 'root' },
    ])
      expect((await forgetPassword(server, target)).status).toBe(400);
  });
});

test('an address that has gone to somebody else meanwhile resets neither account', async () => {
  const [before, after] = [await server.createUser(), await server.createUser()];
  const token = await forget(before);
  const { access: giving } = await server.signIn(before);
  const given = await server.rest('DELETE', '/auth/contact?contact=email', { token: giving });
  expect(given.status).toBe(204);
  const { access: taking } = await server.signIn(after);
  const { challengeId: challenge_id, code } = await requestCodeAmong(
    [server, other],
    { email: before.email },
    'bind',
    taking,
  );
  const body = { email: before.email, challenge_id, code };
  expect((await server.rest('POST', '/auth/contact', { token: taking, body })).status).toBe(200);

  expect(await outcomeOf(token)).toBe('INVALID_CODE');
  expect(await tryPassword(server, before, after.password)).toBe('ok');
  const byName = { username: before.username, password: before.password };
  expect((await server.rest('POST', '/auth/login', { body: byName })).body.status).toBe('ok');
});
