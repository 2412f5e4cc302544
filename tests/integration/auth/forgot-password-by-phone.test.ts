// A forgotten password, by text message: the code, whose it is, how often it may be guessed, and what it opens.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readMails } from '../../support/mailbox.ts';
import { forgetPassword, NEW_PASSWORD, resetPassword, tryPassword } from '../../support/passwords.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { soon } from '../../support/soon.ts';

let server: TestServer;
let other: TestServer;
const config = { server: { trust_proxy: ['127.0.0.1'] } };
beforeAll(async () => {
  server = await startTestServer({ config });
  other = await startTestServer({ config, sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const MINUTE = 60_000;
const from = (ip: string) => ({ 'x-forwarded-for': ip });
const [HERE, ELSEWHERE] = [from('203.0.113.9'), from('198.51.100.1')];

interface PhoneUser extends TestUser {
  /** As people type it. */
  readonly phone: string;
}

async function createUser(fields: Record<string, unknown> = {}): Promise<PhoneUser> {
  const [user, phone] = [await server.createUser(), newNumber()];
  await server.deps.users.update(user.id, {}, { $set: { phone: toE164(phone), phone_verified: true, ...fields } });
  return { ...user, phone };
}

/** Text messages to a number; either instance may have one in hand. */
async function messagesTo(phone: string) {
  await settleOutbox(server);
  return readMails(server, toE164(phone));
}
const codeTo = async (phone: string) => (await messagesTo(phone))[0]?.code ?? 'none';

/** Forgets the password of a number, as typed, from `HERE`; answers the code. */
async function forget({ phone }: PhoneUser, typed = phone): Promise<string> {
  const { status, body } = await forgetPassword(server, { phone: typed }, HERE);
  expect([status, body]).toEqual([202, null]);
  return codeTo(phone);
}

const outcomeOf = async (proof: object, password?: unknown, headers = HERE, on = server): Promise<unknown> => {
  const { status, body } = await resetPassword(on, { ...proof }, password, headers);
  return body?.code ?? status;
};

/** A code that is not this one. */
const wrong = (code: string) => (code === '000000' ? '000001' : '000000');

describe('the code', () => {
  test.each([
    ['eleven digits', (phone: string) => phone],
    ['E.164', toE164],
    ['0086 and spaces', (phone: string) => `0086 ${phone.slice(0, 3)} ${phone.slice(3)}`],
    [
      'full-width digits',
      (phone: string) => phone.replaceAll(/\d/g, (d) => String.fromCharCode(d.charCodeAt(0) + 0xfee0)),
    ],
  ])('sets the new password, for a number typed as %s', async (_, type) => {
    const user = await createUser();
    const code = await forget(user, type(user.phone));
    expect(await outcomeOf({ phone: type(user.phone), code })).toBe(204);
    expect(await tryPassword(server, user, user.password)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(other, user, NEW_PASSWORD)).toBe('ok');
  });

  test('may be read out with spaces, in full-width digits', async () => {
    const user = await createUser();
    const code = await forget(user);
    const typed = ` ${code.slice(0, 3)} ${code.slice(3).replaceAll(/\d/g, (d) => '０１２３４５６７８９'[Number(d)] ?? d)}`;
    expect(await outcomeOf({ phone: user.phone, code: typed })).toBe(204);
  });

  test('needs its challenge_id where it is answered from another address', async () => {
    const user = await createUser();
    const sent = await server.rest('POST', '/auth/otp', {
      body: { phone: user.phone, purpose: 'reset_password' },
      headers: HERE,
    });
    expect(sent.status).toBe(202);
    const proof = { phone: user.phone, code: await codeTo(user.phone) };
    expect(await outcomeOf(proof, undefined, ELSEWHERE)).toBe('INVALID_CODE');
    const { challenge_id } = sent.body;
    expect(await outcomeOf({ ...proof, challenge_id }, undefined, ELSEWHERE, other)).toBe(204);
  });

  test('works once, for five minutes', async () => {
    const [user, late] = [await createUser(), await createUser()];
    const code = await forget(user);
    expect(await outcomeOf({ phone: user.phone, code })).toBe(204);
    expect(await outcomeOf({ phone: user.phone, code }, 'another new passphrase')).toBe('INVALID_CODE');
    const lapsed = await forget(late);
    server.clock.advance(5 * MINUTE);
    expect(await outcomeOf({ phone: late.phone, code: lapsed })).toBe('INVALID_CODE');
  });

  test('used many times at once, over two instances, sets one password', async () => {
    const user = await createUser();
    const code = await forget(user);
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, (_, i) =>
        outcomeOf({ phone: user.phone, code }, `passphrase number ${i}`, HERE, i % 2 ? other : server),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 204)).toHaveLength(1);
    expect(await tryPassword(server, user, `passphrase number ${outcomes.indexOf(204)}`)).toBe('ok');
  });

  test('is guessed five times at most', async () => {
    const user = await createUser();
    const code = await forget(user);
    const guesses = await Promise.all(
      Array.from({ length: 5 }, () => outcomeOf({ phone: user.phone, code: wrong(code) })),
    );
    expect(new Set(guesses)).toEqual(new Set(['INVALID_CODE']));
    expect(await outcomeOf({ phone: user.phone, code })).toBe('INVALID_CODE');
    expect(await tryPassword(server, user, user.password)).toBe('ok');
  });

  test('is good however many others were guessed at: what opens the lock is locked by nobody', async () => {
    const user = await createUser();
    for (let failure = 0; failure < 5; failure++) await tryPassword(server, user, 'wrong password');
    for (let round = 0; round < 3; round++) {
      const code = await forget(user);
      for (let i = 0; i < 5; i++)
        expect(await outcomeOf({ phone: user.phone, code: wrong(code) })).toBe('INVALID_CODE');
      expect(await outcomeOf({ phone: user.phone, code })).toBe('INVALID_CODE');
    }
    expect(await tryPassword(server, user, user.password)).toBe('ACCOUNT_LOCKED');
    expect(await outcomeOf({ phone: user.phone, code: await forget(user) })).toBe(204);
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });

  test('of another purpose is no good, nor is this one for signing in', async () => {
    const user = await createUser();
    await server.rest('POST', '/auth/otp', { body: { phone: user.phone, purpose: 'login' }, headers: HERE });
    expect(await outcomeOf({ phone: user.phone, code: await codeTo(user.phone) })).toBe('INVALID_CODE');
    const code = await forget(user);
    const signIn = await server.rest('POST', '/auth/login', { body: { phone: user.phone, code }, headers: HERE });
    expect(signIn.body.code).toBe('INVALID_CODE');
  });

  test("of one's own number opens nobody else's account", async () => {
    const [thief, victim] = [await createUser(), await createUser()];
    const code = await forget(thief);
    await forget(victim);
    const [challenge] = await server.deps.database.db
      .collection('otp_challenges')
      .find({ target: toE164(thief.phone) })
      .toArray();
    for (const challenge_id of [undefined, String(challenge?._id)])
      expect(await outcomeOf({ phone: victim.phone, code, ...(challenge_id ? { challenge_id } : {}) })).toBe(
        'INVALID_CODE',
      );
    expect(await tryPassword(server, victim, victim.password)).toBe('ok');
  });

  test('goes to proven numbers alone; the answers are one', async () => {
    const unproven = await createUser({ phone_verified: false });
    const disabled = await createUser({ status: 'inactive' });
    const unknown = newNumber();
    for (const phone of [unproven.phone, unknown]) {
      const { status, body } = await forgetPassword(server, { phone }, HERE);
      expect([status, body]).toEqual([202, null]);
      expect(await messagesTo(phone)).toEqual([]);
      expect(await outcomeOf({ phone, code: '123456' })).toBe('INVALID_CODE');
    }
    const code = await forget(disabled);
    expect(await outcomeOf({ phone: disabled.phone, code: wrong(code) })).toBe('INVALID_CODE');
    expect(await outcomeOf({ phone: disabled.phone, code })).toBe('ACCOUNT_DISABLED');
  });

  test('stands in the message in the language of who asked', async () => {
    const user = await createUser();
    const code = await forget(user);
    await forgetPassword(server, { phone: user.phone }, { ...HERE, 'accept-language': 'zh' });
    const [chinese, english] = await messagesTo(user.phone);
    expect(chinese).toMatchObject({ channel: 'sms', link: null, text: expect.stringContaining('您的验证码是') });
    expect(english?.text).toContain(`Your code is ${code}.`);
  });
});

describe('a new password by a code', () => {
  test('ends all sessions, on both instances, and opens the lock', async () => {
    const user = await createUser();
    const { access } = await server.signIn(user);
    for (let i = 0; i < 5; i++) await tryPassword(server, user, 'wrong password');
    expect(await tryPassword(server, user, user.password)).toBe('ACCOUNT_LOCKED');
    expect(await outcomeOf({ phone: user.phone, code: await forget(user) })).toBe(204);
    expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('SESSION_REVOKED');
    await vi.waitFor(
      async () => expect((await other.rest('GET', '/auth/me', { token: access })).body.code).toBe('SESSION_REVOKED'),
      soon,
    );
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });

  test('that is weak costs neither the code nor one of its tries', async () => {
    const user = await createUser();
    const code = await forget(user);
    for (const weak of ['short', 'iloveyou', 'trustno1', 'x'.repeat(129), 'password1', 'qwertyuiop'])
      expect(await outcomeOf({ phone: user.phone, code }, weak)).toBe('VALIDATION_FAILED');
    expect(await outcomeOf({ phone: user.phone, code }, `x ${user.phone.slice(-8)} x`)).toBe('VALIDATION_FAILED');
    expect(await tryPassword(server, user, user.password)).toBe('ok');
    expect(await outcomeOf({ phone: user.phone, code })).toBe(204);
  });

  test('may be the first of an account that never had one', async () => {
    const user = await createUser();
    await server.deps.users.update(user.id, {}, { $unset: { password_hash: '', password_scheme: '' } });
    expect(await outcomeOf({ phone: user.phone, code: await forget(user) })).toBe(204);
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });

  test('takes numbers and codes of the right form alone', async () => {
    for (const proof of [
      { phone: '12', code: '123456' },
      { phone: { $ne: '' }, code: '123456' },
      { phone: newNumber(), code: { $ne: '' } },
      { phone: newNumber(), code: '12345' },
      { phone: newNumber(), code: '123456', challenge_id: { $ne: '' } },
      { phone: newNumber(), code: '123456', token: 'x' },
      { phone: newNumber(), code: '123456', user_id: '0'.repeat(24) },
    ])
      expect(await outcomeOf(proof)).toBe('VALIDATION_FAILED');
  });
});
