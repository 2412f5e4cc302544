// Signing in with a password that has to be replaced: the change_token, whose it is, how long and how often it is good.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLink } from '../../support/mailbox.ts';
import { changePassword, forgetPassword, NEW_PASSWORD, resetPassword, tryPassword } from '../../support/passwords.ts';
import { beginSignIn, createHolder, enrollApp, nextCode, signInByApp, verify } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';

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

/** As an administrator leaves it behind who has set the password. */
const demandChange = (user: Pick<TestUser, 'id'>) =>
  server.deps.users.update(user.id, {}, { $set: { password_change_required: true } });

/** Somebody who signed in with a password that has to be replaced. */
async function begin(): Promise<{ user: TestUser; change_token: string }> {
  const user = await server.createUser();
  await demandChange(user);
  const { status, change_token } = await beginSignIn(server, user);
  expect(status).toBe('password_change_required');
  return { user, change_token };
}

const outcomeOf = async (change_token: unknown, password?: unknown, on = server): Promise<unknown> => {
  const { status, body } = await resetPassword(on, { change_token }, password);
  return body?.code ?? status;
};

const sessionsOf = (user: TestUser) =>
  server.deps.database.db.collection('sessions').countDocuments({ user_id: new ObjectId(user.id) });

test('the right password opens no session, but says what to do; the new one then signs in', async () => {
  const user = await server.createUser();
  await demandChange(user);
  const answer = await server.rest('POST', '/auth/login', { body: { email: user.email, password: user.password } });
  expect([answer.status, Object.keys(answer.body).sort()]).toEqual([200, ['change_token', 'expires_in', 'status']]);
  expect(answer.body.expires_in).toBe(900);
  expect(await tryPassword(server, user, 'wrong password')).toBe('INVALID_CREDENTIALS');
  expect(await sessionsOf(user)).toBe(0);

  expect(await outcomeOf(answer.body.change_token)).toBe(204);
  expect(await sessionsOf(user)).toBe(0);
  expect(await tryPassword(other, user, NEW_PASSWORD)).toBe('ok');
  expect(await tryPassword(other, user, user.password)).toBe('INVALID_CREDENTIALS');
  expect(await sessionsOf(user)).toBe(1);
});

describe('the token', () => {
  test('works once, on whichever instance', async () => {
    const { user, change_token } = await begin();
    expect(await outcomeOf(change_token, NEW_PASSWORD, other)).toBe(204);
    expect(await outcomeOf(change_token, 'another new passphrase')).toBe('INVALID_CODE');
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });

  test('used many times at once sets one password', async () => {
    const { user, change_token } = await begin();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, i) => outcomeOf(change_token, `passphrase number ${i}`, i % 2 ? other : server)),
    );
    expect(outcomes.filter((outcome) => outcome === 204)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CODE')).toHaveLength(5);
    expect(await tryPassword(server, user, `passphrase number ${outcomes.indexOf(204)}`)).toBe('ok');
  });

  test('works for 15 minutes', async () => {
    const [early, late] = [await begin(), await begin()];
    server.clock.advance(14 * MINUTE);
    expect(await outcomeOf(early.change_token)).toBe(204);
    server.clock.advance(MINUTE);
    expect(await outcomeOf(late.change_token)).toBe('INVALID_CODE');
    // Signing in again brings another.
    const { change_token } = await beginSignIn(server, late.user);
    expect(await outcomeOf(change_token)).toBe(204);
  });

  test('is not spent by a password that is weak, or the very one that is to go', async () => {
    const { user, change_token } = await begin();
    for (const refused of ['short', 'iloveyou', `x ${user.username} x`, user.password])
      expect(await outcomeOf(change_token, refused)).toBe('VALIDATION_FAILED');
    expect((await beginSignIn(server, user)).status).toBe('password_change_required');
    expect(await outcomeOf(change_token)).toBe(204);
  });

  test('that somebody else was given changes the password of that account alone', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    for (const more of [{ user_id: theirs.user.id }, { email: theirs.user.email }, { token: theirs.change_token }])
      expect((await resetPassword(server, { change_token: mine.change_token, ...more })).body.code).toBe(
        'VALIDATION_FAILED',
      );
    expect(await outcomeOf(mine.change_token)).toBe(204);
    expect((await beginSignIn(server, theirs.user)).status).toBe('password_change_required');
  });

  test.each([
    [
      'by the link of a mail',
      async ({ email }: TestUser) => {
        await forgetPassword(server, { email });
        await settleOutbox(server);
        expect(
          (await resetPassword(server, { token: await readLink(server, email) }, 'the one of the mail')).status,
        ).toBe(204);
        return 'the one of the mail';
      },
    ],
    [
      'by another sign-in',
      async (user: TestUser) => {
        const { change_token } = await beginSignIn(other, user);
        expect(await outcomeOf(change_token, 'the one of the other tab')).toBe(204);
        return 'the one of the other tab';
      },
    ],
  ])('is void once the password was changed %s', async (_, change) => {
    const { user, change_token } = await begin();
    const chosen = await change(user);
    expect(await outcomeOf(change_token)).toBe('INVALID_CODE');
    expect(await tryPassword(server, user, chosen)).toBe('ok');
  });

  test('is void for an account that is disabled, or has been given a second factor, meanwhile', async () => {
    const disabled = await begin();
    await server.deps.users.update(disabled.user.id, {}, { $set: { status: 'inactive' } });
    expect(await outcomeOf(disabled.change_token)).toBe('INVALID_CODE');

    const user = await server.createUser();
    const tokens = await server.signIn(user);
    await demandChange(user);
    const { change_token } = await beginSignIn(server, user);
    await enrollApp(server, tokens.access);
    expect(await outcomeOf(change_token)).toBe('INVALID_CODE');
  });

  test('is a key to nothing else, nor is another token a key to this', async () => {
    const { change_token } = await begin();
    const holder = await createHolder(server);
    const { mfa_token } = await beginSignIn(server, holder);
    expect(await outcomeOf(mfa_token)).toBe('INVALID_CODE');
    expect((await verify(server, change_token, 'totp', '123456')).body.code).toBe('INVALID_CODE');
    const enrolled = await server.rest('POST', '/auth/mfa/enroll', { body: { setup_token: change_token } });
    expect(enrolled.status).toBe(401);
    expect((await server.rest('GET', '/auth/me', { token: change_token })).status).toBe(401);
    expect((await resetPassword(server, { token: change_token })).body.code).toBe('INVALID_CODE');
    for (const odd of [{ $ne: '' }, '', 'short', 1, null, ['x'.repeat(43)]])
      expect(await outcomeOf(odd)).toBe('VALIDATION_FAILED');
    expect(await outcomeOf('x'.repeat(43))).toBe('INVALID_CODE');
    expect(await outcomeOf(change_token)).toBe(204);
  });

  test('is stored as a keyed hash alone', async () => {
    const { change_token } = await begin();
    const stored = JSON.stringify(await server.deps.database.db.collection('sign_in_tickets').find().toArray());
    expect(stored).not.toContain(change_token);
    expect(stored).toContain(server.deps.hashLink(change_token));
  });
});

test("a browser's, whose session is to be in a cookie, is taken from our own pages alone", async () => {
  const user = await server.createUser();
  await demandChange(user);
  const own = { origin: server.url };
  const body = { email: user.email, password: user.password, refresh_transport: 'cookie' };
  const { change_token } = (await server.rest('POST', '/auth/login', { body, headers: own })).body;
  for (const headers of [{}, { origin: 'https://evil.example' }, { ...own, 'sec-fetch-site': 'cross-site' }])
    expect((await resetPassword(server, { change_token }, NEW_PASSWORD, headers)).body.code).toBe('ORIGIN_REFUSED');
  const answer = await resetPassword(server, { change_token }, NEW_PASSWORD, own);
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, []]);
});

test('where a second factor is enrolled it is asked for first', async () => {
  const holder = await createHolder(server);
  await demandChange(holder);
  const begun = await beginSignIn(server, holder);
  expect(begun.status).toBe('mfa_required');
  expect(begun).not.toHaveProperty('change_token');
  const { body } = await verify(server, begun.mfa_token, 'totp', nextCode(server, holder.app.secret));
  expect(body.status).toBe('password_change_required');
  expect(await outcomeOf(body.change_token)).toBe(204);
  const tokens = await signInByApp(server, { ...holder, password: NEW_PASSWORD }, holder.app);
  expect((await server.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
});

test('who is signed in already may replace it there, by another one', async () => {
  const user = await server.createUser();
  const { access } = await server.signIn(user);
  await demandChange(user);
  const change = async (new_password: string) =>
    (await changePassword(server, access, { old_password: user.password, new_password })).status;
  expect(await change(user.password)).toBe(400);
  expect(await change(NEW_PASSWORD)).toBe(204);
  expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
});
