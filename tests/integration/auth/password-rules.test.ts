// What a new password must not be, wherever one is chosen: common, made of one's own words, known from a leak.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BreachService, sha1, startBreachService } from '../../support/breached-passwords.ts';
import { readLink } from '../../support/mailbox.ts';
import { changePassword, forgetPassword, NEW_PASSWORD, resetPassword, tryPassword } from '../../support/passwords.ts';
import { newNumber, readCode, toE164 } from '../../support/phones.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

let service: BreachService;
let server: TestServer;
let plain: TestServer;
beforeAll(async () => {
  service = await startBreachService();
  const security = { breached_passwords: { enabled: true, url: service.url } };
  server = await startTestServer({ config: { security } });
  plain = await startTestServer({ config: { security: { breached_passwords: { url: service.url } } } });
});
afterAll(async () => {
  await server.close();
  await plain.close();
  await service.close();
});
beforeEach(() => service.answerWith(200));

const tag = () => randomBytes(5).toString('hex');

/** The complaint about a password; what it came to where there is none. */
const complaintOf = ({ status, body }: RestAnswer): unknown =>
  body?.code === 'VALIDATION_FAILED'
    ? body.errors.map(({ path, message }: Complaint) => `${path} ${message}`).join()
    : status;
interface Complaint {
  readonly path: string;
  readonly message: string;
}

const register = async (password: string, fields = {}, on = server): Promise<unknown> => {
  const name = tag();
  const body = { username: `r_${name}`, email: `${name}@example.com`, password, ...fields };
  return complaintOf(await on.rest('POST', '/auth/register', { body }));
};

async function createPhoneUser(): Promise<TestUser & { phone: string }> {
  const [user, phone] = [await server.createUser(), newNumber()];
  const $set = { phone: toE164(phone), phone_verified: true, 'profile.name': '欧阳文静' };
  await server.deps.users.update(user.id, {}, { $set });
  return { ...user, phone };
}

/** Every door through which the password of an account is chosen anew. */
const DOORS: [string, (user: TestUser & { phone: string }, password: string) => Promise<unknown>][] = [
  [
    'changing it',
    async (user, password) => {
      const { access } = await server.signIn(user);
      const body = { old_password: user.password, new_password: password };
      return complaintOf(await changePassword(server, access, body));
    },
  ],
  [
    'the link of a mail',
    async ({ email }, password) => {
      await forgetPassword(server, { email });
      return complaintOf(await resetPassword(server, { token: await readLink(server, email) }, password));
    },
  ],
  [
    'the code of a text message',
    async ({ phone }, password) => {
      await forgetPassword(server, { phone });
      const code = await readCode(server, toE164(phone));
      return complaintOf(await resetPassword(server, { phone, code }, password));
    },
  ],
  [
    'a sign-in that asks for a new one',
    async (user, password) => {
      await server.deps.users.update(user.id, {}, { $set: { password_change_required: true } });
      const { email, password: old } = user;
      const { body } = await server.rest('POST', '/auth/login', { body: { email, password: old } });
      return complaintOf(await resetPassword(server, { change_token: body.change_token }, password));
    },
  ],
];

describe.each(DOORS)('by %s', (_, choose) => {
  test.each([
    ['short', () => 'seven77', 'new_password must have at least 8 characters'],
    ['common', () => 'trustno1', 'new_password is one of the most common passwords'],
    ['common in capitals', () => 'ILoveYou', 'new_password is one of the most common passwords'],
    ['common in China', () => 'WoAiNi1314', 'new_password is one of the most common passwords'],
    ['one piece repeated', () => '5201520152015201', 'new_password is one of the most common passwords'],
    ['leaked', () => 'a Passphrase that leaked', 'new_password is known from a leak of other passwords'],
    ['the user name', (user: TestUser) => `x${user.username.toUpperCase()}x`, OWN('new_password')],
    ['the address', (user: TestUser) => `is ${user.email}`, OWN('new_password')],
    ["the address's first part", (user: TestUser) => `${user.email.split('@')[0]}2026`, OWN('new_password')],
    ['the name', () => '我是欧阳文静没错', OWN('new_password')],
    ['the phone number', (user: { phone: string }) => user.phone, OWN('new_password')],
    ["the phone number's last digits", (user: { phone: string }) => `wo${user.phone.slice(-8)}`, OWN('new_password')],
  ])('a password is refused that is %s', async (_what, make, complaint) => {
    service.leak('a Passphrase that leaked', 12);
    const user = await createPhoneUser();
    expect(await choose(user, make(user))).toBe(complaint);
    expect(await tryPassword(server, user, user.password)).not.toBe('INVALID_CREDENTIALS');
  });

  test('a good one is taken, 24 Chinese characters and more as well', async () => {
    const password = '春眠不觉晓处处闻啼鸟夜来风雨声花落知多少今天也是如此';
    const user = await createPhoneUser();
    expect(await choose(user, password)).toBe(204);
    expect(await tryPassword(server, user, password)).toBe('ok');
    // Past the 72 bytes that bcrypt reads it is still another one.
    expect(await tryPassword(server, user, `${password.slice(0, -1)}他`)).toBe('INVALID_CREDENTIALS');
  });
});

function OWN(field: string): string {
  return `${field} must not contain your own name or address`;
}

describe('registering', () => {
  test.each([
    ['common', 'Password1', 'password is one of the most common passwords'],
    ['leaked', 'one more that leaked', 'password is known from a leak of other passwords'],
    ['too long', 'x'.repeat(129), 'password must have at most 128 characters'],
  ])('a password is refused that is %s', async (_, password, complaint) => {
    service.leak('one more that leaked', 1);
    expect(await register(password)).toBe(complaint);
  });

  test('and one that is made of the words of the same form', async () => {
    const name = tag();
    const own = { username: `u_${name}`, email: `${name}@example.com`, name: '司马相如' };
    for (const password of [`U_${name}!!`, `say ${name}@EXAMPLE.com`, '凤求凰司马相如弹琴'])
      expect(await register(password, own)).toBe(OWN('password'));
    expect(await register(NEW_PASSWORD, own)).toBe(201);
  });
});

describe('the service of leaked passwords', () => {
  test('learns five digits of a digest, for a password that no other rule refuses', async () => {
    const before = service.seen.length;
    await register('trustno1');
    await register('short');
    expect(service.seen.length).toBe(before);
    await register('nobody has this one yet');
    expect(service.seen.slice(before).map(({ path }) => path)).toEqual([
      `/range/${sha1('nobody has this one yet').slice(0, 5)}`,
    ]);
  });

  test.each([500, 503])('that answers %i keeps nobody from registering', async (status) => {
    service.leak('leaked and let through', 7);
    service.answerWith(status);
    expect(await register('leaked and let through')).toBe(201);
  });

  test('is asked nothing where it is not switched on, which is the default', async () => {
    service.leak('leaked, and nobody asks', 7);
    const before = service.seen.length;
    expect(await register('leaked, and nobody asks', {}, plain)).toBe(201);
    expect(service.seen.length).toBe(before);
  });
});

test('a longer minimum is kept everywhere; what was chosen before still signs in', async () => {
  const strict = await startTestServer({ sharedWith: server, config: { security: { password_min_length: 20 } } });
  try {
    const user = await server.createUser([{ name: 'User' }], { password: 'twelve chars' });
    const { access } = await strict.signIn(user);
    const body = { old_password: user.password, new_password: 'nineteen characters' };
    expect(complaintOf(await changePassword(strict, access, body))).toBe(
      'new_password must have at least 20 characters',
    );
    expect(await register('nineteen characters', {}, strict)).toBe('password must have at least 20 characters');
  } finally {
    await strict.close();
  }
});
