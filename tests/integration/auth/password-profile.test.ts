// The stricter profile `mlps`: what passwords are made of, which are not taken again, when they have grown too old.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLink } from '../../support/mailbox.ts';
import { changePassword, forgetPassword, NEW_PASSWORD, resetPassword, tryPassword } from '../../support/passwords.ts';
import { newNumber, signInByPhone, toE164 } from '../../support/phones.ts';
import { refresh } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';

const DAY = 86_400_000;

let server: TestServer;
beforeAll(async () => {
  const security = { password_profile: 'mlps', password_max_age: '90d', password_history: 3 } as const;
  server = await startTestServer({ config: { security } });
});
afterAll(() => server.close());

/** Changes a password by the old one; its new tokens, or the complaint. */
async function change(tokens: Tokens, old_password: string, new_password: string): Promise<Tokens | string> {
  const { status, body } = await changePassword(server, tokens.access, { old_password, new_password });
  return status === 204 ? refresh(server, tokens) : body.errors[0].message;
}

async function forgetAndReset({ email }: TestUser, password: string): Promise<unknown> {
  await forgetPassword(server, { email });
  const { status, body } = await resetPassword(server, { token: await readLink(server, email) }, password);
  return body?.errors?.[0].message ?? status;
}

describe('of upper case, lower case, digits and other characters', () => {
  const COMPLAINT = 'must hold three of: upper case, lower case, digits, other characters';
  const register = async (password: string): Promise<unknown> => {
    const name = randomBytes(5).toString('hex');
    const person = { username: `m_${name}`, email: `${name}@example.com`, password };
    const { status, body } = await server.rest('POST', '/auth/register', { body: person });
    return body.errors?.[0].message ?? status;
  };

  test.each([
    'lowercaseonly',
    'lowercase 8and nothing else'.replaceAll(' ', ''),
    'UPPERlower',
    '12345678-',
    '春江潮水连海平海上明月',
  ])('a password of fewer than three is refused: %s', async (password) => {
    expect(await register(password)).toBe(COMPLAINT);
    expect(await forgetAndReset(await server.createUser(), password)).toBe(COMPLAINT);
  });

  test.each(['Lowercase8', 'lowercase-8', 'UPPERlower-', 'PASS-1945-VICTORY', '春江潮水连 Ab', 'éÉ８８８８８８'])(
    'one of three is taken: %s',
    async (password) => {
      expect(await register(password)).toBe(201);
      const user = await server.createUser();
      expect(await forgetAndReset(user, password)).toBe(204);
      expect(await tryPassword(server, user, password)).toBe('ok');
    },
  );
});

describe('the last three passwords', () => {
  const [ONE, TWO, THREE] = ['Passphrase one', 'Passphrase two', 'Passphrase three'].map((text) => `${text} 1`) as [
    string,
    string,
    string,
  ];

  test('the present one among them, are not taken again, by whichever door; the fourth last is', async () => {
    const user = await server.createUser([{ name: 'User' }], { password: 'Passphrase zero 1' });
    let tokens = await server.signIn(user);
    for (const [old, next] of [
      ['Passphrase zero 1', ONE],
      [ONE, TWO],
      [TWO, THREE],
    ] as const)
      tokens = (await change(tokens, old, next)) as Tokens;
    for (const before of [THREE, TWO, ONE]) {
      expect(await change(tokens, THREE, before)).toBe('was used before');
      expect(await forgetAndReset(user, before)).toBe('was used before');
    }
    expect(await tryPassword(server, user, THREE)).toBe('ok');
    expect(await forgetAndReset(user, 'Passphrase zero 1')).toBe(204);
    expect(await tryPassword(server, user, 'Passphrase zero 1')).toBe('ok');
  });

  test('are kept as hashes, no more of them than are needed', async () => {
    const user = await server.createUser();
    for (let i = 0; i < 5; i++) expect(await forgetAndReset(user, `Passphrase number ${i}`)).toBe(204);
    const stored = await server.deps.users.findById(user.id);
    expect(stored?.password_history).toHaveLength(3);
    for (const { hash } of stored?.password_history ?? []) expect(hash).toMatch(/^\$2b\$04\$/);
  });

  test('are nobody’s business in the standard profile', async () => {
    const standard = await startTestServer({ sharedWith: server });
    try {
      const user = await standard.createUser();
      const { access } = await standard.signIn(user);
      const body = { old_password: user.password, new_password: user.password };
      expect((await changePassword(standard, access, body)).status).toBe(204);
      expect((await standard.deps.users.findById(user.id))?.password_history).toBeUndefined();
      standard.clock.advance(400 * DAY);
      expect(await tryPassword(standard, user, user.password)).toBe('ok');
    } finally {
      await standard.close();
    }
  });
});

describe('after 90 days', () => {
  const login = async ({ email }: TestUser, password: string) =>
    (await server.rest('POST', '/auth/login', { body: { email, password } })).body;

  test('a sign-in asks for a new password in place of a session, and not before', async () => {
    const user = await server.createUser();
    server.clock.advance(90 * DAY - 60_000);
    const { status, refresh_token } = await login(user, user.password);
    expect(status).toBe('ok');
    server.clock.advance(60_000);
    expect(await login(user, user.password)).toEqual({
      status: 'password_change_required',
      change_token: expect.stringMatching(/^[\w-]{43}$/),
      expires_in: 900,
    });
    // Who is signed in stays so.
    expect((await server.rest('POST', '/auth/refresh', { body: { refresh_token } })).status).toBe(200);
  });

  test('the new one is another one, keeps the rules, and lasts 90 days', async () => {
    const user = await server.createUser();
    server.clock.advance(91 * DAY);
    const { change_token } = await login(user, user.password);
    for (const refused of [user.password, 'onlylowercase', 'short']) {
      const { status, body } = await resetPassword(server, { change_token }, refused);
      expect([status, body.errors[0].path]).toEqual([400, 'new_password']);
    }
    expect((await resetPassword(server, { change_token })).status).toBe(204);
    expect((await login(user, NEW_PASSWORD)).status).toBe('ok');
    server.clock.advance(89 * DAY);
    expect((await login(user, NEW_PASSWORD)).status).toBe('ok');
    server.clock.advance(2 * DAY);
    expect((await login(user, NEW_PASSWORD)).status).toBe('password_change_required');
  });

  test('is told to nobody who does not know the password; a link resets it as ever', async () => {
    const user = await server.createUser();
    server.clock.advance(91 * DAY);
    expect((await login(user, 'wrong password')).code).toBe('INVALID_CREDENTIALS');
    expect(await forgetAndReset(user, NEW_PASSWORD)).toBe(204);
    expect((await login(user, NEW_PASSWORD)).status).toBe('ok');
  });

  test('who signs in without the password is not asked for one', async () => {
    const [user, phone] = [await server.createUser(), newNumber()];
    server.clock.advance(90 * DAY);
    const $set = { phone: toE164(phone), phone_verified: true, 'login_history.last_login_at': server.clock.now() };
    await server.deps.users.update(user.id, {}, { $set });
    expect((await login(user, user.password)).status).toBe('password_change_required');
    expect((await signInByPhone(server, phone)).body.status).toBe('ok');
  });
});
