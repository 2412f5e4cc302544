// One's own addresses: bound by the code sent there, told to the old one, given up.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requestCodeAmong, settle } from '../../support/instances.ts';
import { openLink, readMails, tokenOf } from '../../support/mailbox.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { expectOk, refresh } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
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

type Target = { readonly phone: string } | { readonly email: string };

let user: TestUser;
let tokens: Tokens;
let newEmail: string;
let phone: string;
beforeEach(async () => {
  user = await server.createUser();
  tokens = await server.signIn(user);
  [newEmail, phone] = [`new-${user.email}`, newNumber()];
});

const ask = (target: Target, purpose = 'bind', token?: string) =>
  requestCodeAmong([server, second], target, purpose, token ?? (purpose === 'bind' ? tokens.access : undefined));
const send = (body: object, token = tokens.access, on = server) => on.rest('POST', '/auth/contact', { token, body });
const remove = (contact: string, token = tokens.access, on = server) =>
  on.rest('DELETE', `/auth/contact?contact=${contact}`, { token });
async function bind(target: Target, as = tokens) {
  const { challengeId, code } = await ask(target, 'bind', as.access);
  return send({ ...target, code, challenge_id: challengeId }, as.access);
}
const login = (body: object) => server.rest('POST', '/auth/login', { body });
async function readNotices(to: string) {
  await settle([server, second]);
  return (await readMails(server, to)).filter(({ code, link }) => code === null && link === null);
}
/** An account that has its phone number and nothing else. */
async function createByPhone(): Promise<{ id: string; number: string; as: Tokens }> {
  const number = newNumber();
  const { code } = await ask({ phone: number }, 'login');
  const body = expectOk(await login({ phone: number, code }));
  return { id: body.user.id, number, as: { access: body.access_token, refresh: body.refresh_token } };
}

describe('binding', () => {
  test('a new address signs in, the old one does not; tokens are stale, nothing else of the account changes', async () => {
    await server.deps.users.update(user.id, {}, { $set: { 'profile.name': '韩梅梅', 'profile.position': '产品经理' } });
    const { status, body } = await bind({ email: newEmail.toUpperCase() });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: user.id, email: newEmail, email_verified: true, username: user.username });
    expect(body.profile).toMatchObject({ name: '韩梅梅', position: '产品经理' });
    expect((await server.rest('GET', '/auth/me', { token: tokens.access })).body.code).toBe('TOKEN_STALE');
    expect((await login({ email: newEmail, password: user.password })).body.user.email).toBe(newEmail);
    expect((await login({ email: user.email, password: user.password })).body.code).toBe('INVALID_CREDENTIALS');
    const { code } = await ask({ email: newEmail }, 'login');
    expect((await login({ email: newEmail, code })).body.user.id).toBe(user.id);
    const acts = await listActs(server, user.id);
    expect(acts.filter(({ act }) => act === 'auth.contact_bound')).toMatchObject([{ details: { contact: 'email' } }]);
  });

  test('the old address is told, and the new one', async () => {
    await bind({ email: newEmail });
    expect((await readNotices(user.email)).map(({ text }) => text)).toEqual([
      expect.stringContaining('this address was taken off your account'),
    ]);
    expect((await readNotices(newEmail)).map(({ text }) => text)).toEqual([
      expect.stringContaining('The e-mail address of your account'),
    ]);
  });

  test('the old number is told by a text message', async () => {
    const { number, as } = await createByPhone();
    await bind({ phone }, as);
    expect((await readNotices(toE164(number))).map(({ channel }) => channel)).toEqual(['sms']);
  });

  test.each([
    ['eleven digits', (number: string) => number],
    ['with 0086 and spaces', (number: string) => `0086 ${number.slice(0, 3)} ${number.slice(3)}`],
    [
      'full-width digits',
      (number: string) => number.replaceAll(/\d/g, (d) => String.fromCodePoint(Number(d) + 0xff10)),
    ],
  ])('a number typed as %s is one number', async (_, typed) => {
    const { code } = await ask({ phone });
    const { body } = await send({ phone: typed(phone), code });
    expect([body.phone, body.phone_verified]).toEqual([toE164(phone), true]);
    const { code: next } = await ask({ phone }, 'login');
    expect((await login({ phone: typed(phone), code: next })).body.user.id).toBe(user.id);
  });

  test('the link of the old address is void, and so is a code that was asked for before the password was reset', async () => {
    await server.deps.users.update(user.id, {}, { $set: { email_verified: false } });
    await server.rest('POST', '/auth/email/resend', { body: { email: user.email } });
    await settle([server, second]);
    const link = tokenOf((await readMails(server, user.email))[0]);
    await bind({ email: newEmail });
    expect((await openLink(server, link)).body.code).toBe('INVALID_CODE');
    tokens = await refresh(server, tokens);
    const { challengeId, code } = await ask({ phone });
    const change = { old_password: user.password, new_password: 'another horse battery' };
    expectOk(await server.rest('POST', '/auth/password/change', { token: tokens.access, body: change }));
    tokens = await refresh(server, tokens);
    expect((await send({ phone, code, challenge_id: challengeId })).body.code).toBe('INVALID_CODE');
  });
});

describe('a code binds nothing', () => {
  test('when it is wrong, was used, or is for another address', async () => {
    const { challengeId: challenge_id, code } = await ask({ email: newEmail });
    const wrong = code === '000000' ? '000001' : '000000';
    expect((await send({ email: newEmail, challenge_id, code: wrong })).body.code).toBe('INVALID_CODE');
    expect((await send({ email: `other-${newEmail}`, challenge_id, code })).body.code).toBe('INVALID_CODE');
    expect((await send({ email: newEmail, challenge_id, code })).status).toBe(200);
    tokens = await refresh(server, tokens);
    expect((await send({ email: newEmail, challenge_id, code })).body.code).toBe('INVALID_CODE');
  });

  test('when somebody else asked for it: a code that was read to a stranger adds nothing to their account', async () => {
    const victim = await createByPhone();
    const { challengeId: challenge_id, code } = await ask({ phone }, 'bind', victim.as.access);
    for (const body of [
      { phone, code, challenge_id },
      { phone, code },
    ])
      expect((await send(body)).body.code).toBe('INVALID_CODE');
  });

  test('when it was to sign in', async () => {
    const { number } = await createByPhone();
    const { challengeId: challenge_id, code } = await ask({ phone: number }, 'login');
    expect((await send({ phone: number, code, challenge_id })).body.code).toBe('INVALID_CODE');
  });

  test('and is not asked for by a stranger; wrong ones count to the lock', async () => {
    const body = { email: newEmail, purpose: 'bind' };
    expect((await server.rest('POST', '/auth/otp', { body })).body.code).toBe('UNAUTHENTICATED');
    const { challengeId: challenge_id } = await ask({ email: newEmail });
    for (let failure = 0; failure < 5; failure++) await send({ email: newEmail, challenge_id, code: '000000' });
    expect((await send({ email: newEmail, challenge_id, code: '000000' })).body.code).toBe('ACCOUNT_LOCKED');
  });
});

describe('an address that another account has', () => {
  test('proven: who holds it learns so, and nobody else', async () => {
    const owner = await server.createUser();
    const { challengeId: challenge_id, code } = await ask({ email: owner.email });
    const guess = await send({ email: owner.email, challenge_id, code: code === '000000' ? '000001' : '000000' });
    expect(guess.body.code).toBe('INVALID_CODE');
    const { status, body } = await send({ email: owner.email, challenge_id, code });
    expect([status, body.code, body.errors]).toEqual([409, 'ALREADY_EXISTS', [{ path: 'email', message: 'is taken' }]]);
    expect((await login({ email: owner.email, password: owner.password })).body.user.id).toBe(owner.id);
    const holder = await createByPhone();
    expect((await bind({ phone: holder.number })).body.code).toBe('ALREADY_EXISTS');
  });

  test('unproven: it goes to who proves it, and the registration that claimed it is closed', async () => {
    const squatter = { username: `s_${phone}`, email: newEmail, password: 'the password of a squatter' };
    const { body: claimed } = await server.rest('POST', '/auth/register', { body: squatter });
    expect((await bind({ email: newEmail })).status).toBe(200);
    expect((await server.rest('GET', '/auth/me', { token: claimed.access_token })).body.code).toBe('SESSION_REVOKED');
    expect((await login({ username: squatter.username, password: squatter.password })).body.code).toBe(
      'INVALID_CREDENTIALS',
    );
    await settle([server, second]);
    const links = (await readMails(server, newEmail)).filter(({ link }) => link !== null);
    for (const mail of links) expect((await openLink(server, tokenOf(mail))).body.code).toBe('INVALID_CODE');
    expect((await login({ email: newEmail, password: user.password })).body.user.id).toBe(user.id);
  });

  test('two accounts at once, on two instances: one has it', async () => {
    const rival = await createByPhone();
    const [own, theirs] = [await ask({ email: newEmail }), await ask({ email: newEmail }, 'bind', rival.as.access)];
    const answers = await Promise.all([
      send({ email: newEmail, code: own.code, challenge_id: own.challengeId }),
      send({ email: newEmail, code: theirs.code, challenge_id: theirs.challengeId }, rival.as.access, second),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('giving one up', () => {
  test('the address opens nothing any more, is told, and is free for others; tokens are stale', async () => {
    await bind({ phone });
    tokens = await refresh(server, tokens);
    expect((await remove('phone')).status).toBe(204);
    expect((await server.rest('GET', '/auth/me', { token: tokens.access })).body.code).toBe('TOKEN_STALE');
    tokens = await refresh(server, tokens);
    expect((await server.rest('GET', '/auth/me', { token: tokens.access })).body.phone).toBeNull();
    expect(await readNotices(toE164(phone))).toHaveLength(1);
    expect((await remove('phone')).body.code).toBe('NOT_FOUND');
    const { code } = await ask({ phone }, 'login');
    expect((await login({ phone, code })).body.user.id).not.toBe(user.id);
  });
});

test.each([
  ['an object for an address', { email: { $ne: null }, code: '123456' }],
  ['a number that is none', { phone: '１２３', code: '123456' }],
  ['two addresses', { email: 'a@example.com', phone: '13800138000', code: '123456' }],
  ['somebody else’s id', { email: 'a@example.com', code: '123456', user_id: 'a'.repeat(24) }],
])('%s is refused as input', async (_, body) => {
  expect((await send(body)).body.code).toBe('VALIDATION_FAILED');
});
