// Registering by a phone number: the code first, and one account however many ask at once.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { visible } from '../../support/alike.ts';
import { fetchCode, from, login, outcomeOf, tally, wrong } from '../../support/codes.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let other: TestServer;
let instances: [TestServer, TestServer];
const config = { server: { trust_proxy: ['127.0.0.1'] } };
beforeAll(async () => {
  server = await startTestServer({ config });
  other = await startTestServer({ config, sharedWith: server });
  instances = [server, other];
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const [HERE, ELSEWHERE] = [from('203.0.113.9'), from('198.51.100.1')];
const fetch = (phone: string, purpose = 'register') =>
  fetchCode(instances, { phone, purpose }, toE164(phone), { headers: HERE });
const register = (body: object, headers = HERE, on = server): Promise<RestAnswer> =>
  on.rest('POST', '/auth/register', { body, headers });
const countAccounts = (phone: string) =>
  server.deps.database.db.collection('users').countDocuments({ phone: toE164(phone) });
async function createHolder(): Promise<string> {
  const phone = newNumber();
  const { status } = await register({ phone, code: (await fetch(phone)).code });
  expect(status).toBe(201);
  return phone;
}

test('makes the account and signs in, under a made-up name that may be changed once', async () => {
  const phone = newNumber();
  const { code } = await fetch(phone);
  const { status, body } = await register({ phone, code, name: '韩梅梅', device: { device_name: '手机' } });
  expect([status, body.status]).toEqual([201, 'ok']);
  expect(body.user).toMatchObject({
    username: expect.stringMatching(/^u_[a-z2-7]{10}$/),
    phone: toE164(phone),
    email: null,
    roles: ['User'],
    profile: { name: '韩梅梅' },
  });
  const token = body.access_token;
  const sessions = await other.rest('GET', '/auth/sessions', { token });
  expect(sessions.body.items).toMatchObject([{ auth_methods: ['sms'], device_info: { device_name: '手机' } }]);
  const rename = (username: string, by: string) =>
    server.rest('PUT', `/users/${body.user.id}`, { token: by, body: { username } });
  const username = `han.${body.user.username.slice(2)}`;
  expect((await rename(username, token)).body.username).toBe(username);
  const renewed = await server.rest('POST', '/auth/refresh', { body: { refresh_token: body.refresh_token } });
  expect(outcomeOf(await rename('han.meimei.2', renewed.body.access_token))).toBe('PERMISSION_DENIED');
});

test('a number that has an account is told after the right code, and not before', async () => {
  const phone = await createHolder();
  const { code } = await fetch(phone);
  const unknown = newNumber();
  const sent = await fetch(unknown);
  const guesses = [
    await register({ phone, code: wrong(code) }),
    await register({ phone: unknown, code: wrong(sent.code) }),
  ];
  expect(guesses.map(outcomeOf)).toEqual(['INVALID_CODE', 'INVALID_CODE']);
  expect(visible(guesses[0] as RestAnswer)).toEqual(visible(guesses[1] as RestAnswer));
  const taken = await register({ phone, code });
  expect([taken.status, taken.body.code]).toEqual([409, 'ALREADY_EXISTS']);
  expect(taken.body.errors).toEqual([{ path: 'phone', message: 'is taken' }]);
  expect(taken.body).not.toHaveProperty('access_token');
});

test('a number that is held without proof is taken too: signing in is what proves it', async () => {
  const [user, phone] = [await server.createUser(), newNumber()];
  await server.deps.users.update(user.id, {}, { $set: { phone: toE164(phone), phone_verified: false } });
  expect(outcomeOf(await register({ phone, code: (await fetch(phone)).code }))).toBe('ALREADY_EXISTS');
  const { body } = await login(server, { phone, code: (await fetch(phone, 'login')).code }, HERE);
  expect(body.user.id).toBe(user.id);
});

test('takes a code that was sent for it, to that number, and no other', async () => {
  const [phone, stranger] = [newNumber(), newNumber()];
  const [forLogin, toStranger] = [await fetch(phone, 'login'), await fetch(stranger)];
  for (const { code, challengeId: challenge_id } of [forLogin, toStranger])
    expect(outcomeOf(await register({ phone, code, challenge_id }))).toBe('INVALID_CODE');
  const { code, challengeId: challenge_id } = await fetch(phone);
  expect(outcomeOf(await register({ phone, code }, ELSEWHERE))).toBe('INVALID_CODE');
  server.clock.advance(5 * 60_000);
  expect(outcomeOf(await register({ phone, code, challenge_id }))).toBe('INVALID_CODE');
  expect(await countAccounts(phone)).toBe(0);
});

test.each([
  ['name', '<b>\nboss</b>'],
  ['name', ''],
  ['name', { $ne: null }],
  ['username', 'chosen'],
  ['email', 'li.lei@example.com'],
  ['password', 'correct horse battery'],
  ['roles', ['Admin']],
  ['phone_verified', true],
  ['purpose', 'login'],
])('the field %s is not taken with it: %j', async (field, value) => {
  const phone = newNumber();
  const { code } = await fetch(phone);
  const { status, body } = await register({ phone, code, [field]: value });
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
  // And it cost none of the code's tries.
  expect(outcomeOf(await register({ phone, code }))).toBe('ok');
});

test('20 registrations by one code at once, over two instances, make one account and one session', async () => {
  const phone = newNumber();
  const { code, challengeId: challenge_id } = await fetch(phone);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => register({ phone, code, challenge_id }, HERE, i % 2 ? other : server)),
  );
  expect(tally(answers)['ok']).toBe(1);
  const allowed = ['ok', 'INVALID_CODE', 'RATE_LIMITED', 'ALREADY_EXISTS'];
  expect(Object.keys(tally(answers)).filter((outcome) => !allowed.includes(outcome))).toEqual([]);
  expect(await countAccounts(phone)).toBe(1);
});

test('registering and signing in at once, each by its own code, come to one account', async () => {
  for (let round = 0; round < 5; round++) {
    const phone = newNumber();
    const [forRegister, forLogin] = [await fetch(phone), await fetch(phone, 'login')];
    const [registered, signedIn] = await Promise.all([
      register({ phone, code: forRegister.code }),
      login(other, { phone, code: forLogin.code }, HERE),
    ]);
    expect(['ok', 'ALREADY_EXISTS']).toContain(outcomeOf(registered));
    // Whose code was right, and came a moment too late, tries again and is in.
    if (outcomeOf(signedIn) !== 'ok') expect(outcomeOf(signedIn)).toBe('INVALID_CODE');
    const entered = outcomeOf(signedIn) === 'ok' ? signedIn : await login(other, { phone, code: forLogin.code }, HERE);
    expect(outcomeOf(entered)).toBe('ok');
    expect(await countAccounts(phone)).toBe(1);
  }
});

test('a registration that comes to nothing half-way leaves nothing, and its code is good still', async () => {
  const phone = newNumber();
  const { code } = await fetch(phone);
  const { sessions } = server.deps;
  const { insert } = sessions;
  sessions.insert = () => Promise.reject(new Error('the disk is full'));
  expect(outcomeOf(await register({ phone, code }))).toBe('INTERNAL');
  sessions.insert = insert;
  expect(await countAccounts(phone)).toBe(0);
  expect(outcomeOf(await register({ phone, code }))).toBe('ok');
});
