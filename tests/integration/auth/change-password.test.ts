// Changing one's password: by the old one or a fresh proof; what it ends, what it keeps, and that nothing slips through beside it.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { countComparisons } from '../../support/comparisons.ts';
import { settle } from '../../support/instances.ts';
import { readMails } from '../../support/mailbox.ts';
import { changePassword, NEW_PASSWORD, readAudit, tryPassword } from '../../support/passwords.ts';
import { beginSignIn, claimsOf, createHolder, nextCode, verify } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
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

const MINUTE = 60_000;

async function signIn(): Promise<{ user: TestUser; tokens: Tokens }> {
  const user = await server.createUser();
  return { user, tokens: await server.signIn(user) };
}

const judge = async (token: string, on = server): Promise<unknown> => {
  const { status, body } = await on.rest('GET', '/auth/me', { token });
  return body.code ?? status;
};
const refresh = (token: string, on = server) => on.rest('POST', '/auth/refresh', { body: { refresh_token: token } });

/** What a change comes to: 204, or the code of its refusal. */
async function change(token: string, body: Record<string, unknown>, on = server): Promise<unknown> {
  const answer = await changePassword(on, token, { new_password: NEW_PASSWORD, ...body });
  return answer.body?.code ?? answer.status;
}

describe('by the old password', () => {
  test('the new one works from then on, the old one no more, also long after the sign-in', async () => {
    const { user, tokens } = await signIn();
    server.clock.advance(14 * MINUTE);
    expect(await change(tokens.access, { old_password: user.password })).toBe(204);
    expect(await tryPassword(server, user, user.password)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(other, user, NEW_PASSWORD)).toBe('ok');
  });

  test('all other sessions end at once, on both instances; this one goes on after a silent refresh', async () => {
    const { user, tokens } = await signIn();
    const others = [await server.signIn(user), await other.signIn(user)];
    expect(await change(tokens.access, { old_password: user.password })).toBe(204);
    for (const { access, refresh: token } of others) {
      expect(await judge(access)).toBe('SESSION_REVOKED');
      await vi.waitFor(async () => expect(await judge(access, other)).toBe('SESSION_REVOKED'), soon);
      expect((await refresh(token, other)).body.code).toBe('SESSION_REVOKED');
    }
    expect(await judge(tokens.access)).toBe('TOKEN_STALE');
    const { status, body } = await refresh(tokens.refresh);
    expect(status).toBe(200);
    for (const instance of [server, other]) expect(await judge(body.access_token, instance)).toBe(200);
  });

  test('a wrong old one changes nothing and counts to the lock, together with failed sign-ins', async () => {
    const { user, tokens } = await signIn();
    for (let i = 0; i < 3; i++)
      expect(await change(tokens.access, { old_password: 'wrong password' })).toBe('INVALID_CREDENTIALS');
    for (let i = 0; i < 2; i++) expect(await tryPassword(server, user, 'wrong password')).toBe('INVALID_CREDENTIALS');
    expect(await change(tokens.access, { old_password: user.password })).toBe('ACCOUNT_LOCKED');
    expect(await tryPassword(server, user, user.password)).toBe('ACCOUNT_LOCKED');
    expect(await judge(tokens.access)).toBe(200);
  });

  test('50 wrong ones at once get five comparisons', async () => {
    const { tokens } = await signIn();
    const counts = [countComparisons(server), countComparisons(other)];
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        change(tokens.access, { old_password: `wrong ${i}` }, i % 2 ? other : server),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CREDENTIALS')).toHaveLength(5);
    expect(counts.reduce((sum, count) => sum + count(), 0)).toBe(5);
  });

  test('a right one clears the count; a new one that is weak is no failure, however often', async () => {
    const { user, tokens } = await signIn();
    for (let i = 0; i < 4; i++) await tryPassword(server, user, 'wrong password');
    for (const weak of ['short', 'iloveyou', `x ${user.username} x`, 'password1', 'x'.repeat(129), 'trustno1']) {
      const answer = await changePassword(server, tokens.access, { old_password: user.password, new_password: weak });
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, 'new_password']);
    }
    expect(await judge(tokens.access)).toBe(200);
    expect(await change(tokens.access, { old_password: user.password })).toBe(204);
    for (let i = 0; i < 4; i++) await tryPassword(server, user, 'wrong password');
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });
});

describe('without the old password', () => {
  test('a proof of at most ten minutes will do; an older one is to be renewed', async () => {
    const { user, tokens } = await signIn();
    const { auth_time } = claimsOf(tokens.access);
    const age = () => Math.floor(server.clock.now().getTime() / 1000) - auth_time;
    server.clock.advance(590_000);
    expect(age()).toBeLessThan(600);
    expect(await change(tokens.access, {})).toBe(204);
    const { body: stale } = await refresh(tokens.refresh);
    server.clock.advance(12_000);
    const refused = await changePassword(server, stale.access_token, { new_password: 'another new passphrase' });
    expect([refused.status, refused.body.code]).toEqual([403, 'STEP_UP_REQUIRED']);
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');

    const proof = { password: NEW_PASSWORD };
    const { body: fresh } = await server.rest('POST', '/auth/step-up', { token: stale.access_token, body: proof });
    expect(await change(fresh.access_token, { new_password: 'another new passphrase' })).toBe(204);
    expect(await tryPassword(server, user, 'another new passphrase')).toBe('ok');
  });

  test('an account that has none gets its first one', async () => {
    const { user, tokens } = await signIn();
    await server.deps.users.update(user.id, {}, { $unset: { password_hash: '', password_scheme: '' } });
    expect(await change(tokens.access, { old_password: user.password })).toBe('INVALID_CREDENTIALS');
    expect(await change(tokens.access, {})).toBe(204);
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });
});

describe('takes', () => {
  test("a session, and nobody else's id", async () => {
    const [{ user, tokens }, victim] = [await signIn(), await server.createUser()];
    const body = { old_password: user.password, new_password: NEW_PASSWORD };
    expect((await server.rest('POST', '/auth/password/change', { body })).body.code).toBe('UNAUTHENTICATED');
    for (const more of [{ user_id: victim.id }, { id: victim.id }, { email: victim.email }, { sid: 'x' }])
      expect(await change(tokens.access, { ...body, ...more })).toBe('VALIDATION_FAILED');
    for (const odd of [{ $ne: '' }, ['x'], 1, null, '', 'x'.repeat(257)]) {
      expect(await change(tokens.access, { old_password: odd })).toBe('VALIDATION_FAILED');
      expect(await change(tokens.access, { ...body, new_password: odd })).toBe('VALIDATION_FAILED');
    }
    expect(await tryPassword(server, victim, victim.password)).toBe('ok');
    expect(await tryPassword(server, user, user.password)).toBe('ok');
  });
});

test('the person is told once an hour, each change is audited as theirs, and no record holds a password', async () => {
  const { user, tokens } = await signIn();
  await change(tokens.access, { old_password: user.password });
  const { body } = await refresh(tokens.refresh);
  await change(body.access_token, { old_password: NEW_PASSWORD, new_password: 'another new passphrase' });
  await settle([server, other]);
  const mails = await readMails(server, user.email);
  expect(mails.map(({ subject }) => subject)).toEqual(['Your account was changed']);
  expect(mails[0]?.text).toContain(`The password of your account “${user.username}” has been changed.`);
  const records = await readAudit(server, 'auth.password_changed', user.id);
  const actor = { kind: 'user', id: user.id, sid: claimsOf(tokens.access).sid };
  expect(records).toMatchObject([
    { outcome: 'success', actor },
    { outcome: 'success', actor },
  ]);
  expect(JSON.stringify(records)).not.toMatch(/passphrase|correct horse/i);
});

describe('beside a change', () => {
  test('a sign-in whose old password was found right just before opens nothing', async () => {
    const { user, tokens } = await signIn();
    const { reserve } = server.deps.hasher;
    vi.spyOn(server.deps.hasher, 'reserve').mockImplementationOnce((signal) => {
      const slot = reserve(signal);
      return {
        ...slot,
        async verify(...compared) {
          const verdict = await slot.verify(...compared);
          expect(await change(tokens.access, { old_password: user.password }, other)).toBe(204);
          return verdict;
        },
      };
    });
    expect(await tryPassword(server, user, user.password)).toBe('INVALID_CREDENTIALS');
  });

  test('sign-ins at the same moment: none by the old password is left', async () => {
    for (let round = 0; round < 6; round++) {
      const { user, tokens } = await signIn();
      const login = { email: user.email, password: user.password };
      const [outcome, ...opened] = await Promise.all([
        change(tokens.access, { old_password: user.password }),
        ...Array.from({ length: 4 }, (_, i) => (i % 2 ? other : server).rest('POST', '/auth/login', { body: login })),
      ]);
      // Who asks while four others do may be told to come back: nothing was changed then.
      if (outcome === 'RATE_LIMITED') continue;
      expect(outcome).toBe(204);
      for (const { status, body } of opened) {
        if (status !== 200) expect(['INVALID_CREDENTIALS', 'RATE_LIMITED']).toContain(body.code);
        else expect((await refresh(body.refresh_token)).body.code).toBe('SESSION_REVOKED');
      }
    }
  });

  test('another change at the same moment, in another tab: one of them is what holds', async () => {
    const { user, tokens } = await signIn();
    const passwords = ['the first new passphrase', 'the second new passphrase'];
    const outcomes = await Promise.all(
      passwords.map((new_password, i) =>
        change(tokens.access, { old_password: user.password, new_password }, i ? other : server),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 204)).toHaveLength(1);
    const winner = outcomes.indexOf(204);
    expect(await tryPassword(server, user, passwords[winner] ?? '')).toBe('ok');
    expect(await tryPassword(server, user, passwords[1 - winner] ?? '')).toBe('INVALID_CREDENTIALS');
  });

  test('a second factor that was still to be shown is asked of nobody any more', async () => {
    const holder = await createHolder(server);
    const { mfa_token } = await beginSignIn(server, holder);
    expect(await change(holder.tokens.access, { old_password: holder.password })).toBe(204);
    const answer = await verify(server, mfa_token, 'totp', nextCode(server, holder.app.secret));
    expect(answer.body.code).toBe('INVALID_CODE');
  });

  test('a session that is ended meanwhile changes nothing any more', async () => {
    const { user, tokens } = await signIn();
    const owner = await other.signIn(user);
    const { findById } = server.deps.users;
    vi.spyOn(server.deps.users, 'findById').mockImplementationOnce(async (...wanted) => {
      const ended = await other.rest('DELETE', `/auth/sessions/${claimsOf(tokens.access).sid}`, {
        token: owner.access,
      });
      expect(ended.status).toBe(204);
      return findById(...wanted);
    });
    expect(await change(tokens.access, {})).toBe('SESSION_REVOKED');
    expect(await tryPassword(server, user, user.password)).toBe('ok');
    expect(await judge(owner.access, other)).toBe(200);
  });

  test('a failure in its midst leaves password and sessions as they were', async () => {
    const { user, tokens } = await signIn();
    const second = await server.signIn(user);
    vi.spyOn(server.deps.sessions, 'revokeAll').mockRejectedValueOnce(new Error('the power went out'));
    expect(await change(tokens.access, { old_password: user.password })).toBe('INTERNAL');
    for (const { access } of [tokens, second]) expect(await judge(access)).toBe(200);
    expect(await tryPassword(server, user, user.password)).toBe('ok');
    expect(await change(tokens.access, { old_password: user.password })).toBe(204);
  });
});
