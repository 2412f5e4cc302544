// Numbers that carriers give to somebody else: after 90 days a code to the number alone opens no account that has another proof.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askForCode, fetchCode, login, outcomeOf, readCodes, tally, wrong } from '../../support/codes.ts';
import { settle } from '../../support/instances.ts';
import { readMails } from '../../support/mailbox.ts';
import { forgetPassword, resetPassword } from '../../support/passwords.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { claimsOf, enrollApp, nextCode, verify } from '../../support/second-factors.ts';
import { type Answer, type RestAnswer, startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

let server: TestServer;
let other: TestServer;
let instances: [TestServer, TestServer];
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  instances = [server, other];
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const SECOND = 1_000;
const IDLE = 90 * 24 * 3_600 * SECOND;

interface Holder extends TestUser {
  readonly phone: string;
}

/** Who has a number and a mailbox, both proven, and signed in so many ms ago. */
async function createHolder(idleFor = IDLE + SECOND, fields: Record<string, unknown> = {}): Promise<Holder> {
  const [user, phone] = [await server.createUser(), newNumber()];
  const held = { ...user, phone };
  await server.deps.users.update(user.id, {}, { $set: { phone: toE164(phone), phone_verified: true, ...fields } });
  await rest(held, idleFor);
  return held;
}

const rest = ({ id }: Pick<Holder, 'id'>, ms: number) =>
  server.deps.users.update(
    id,
    {},
    { $set: { 'login_history.last_login_at': new Date(server.clock.now().getTime() - ms) } },
  );

async function byPhone(phone: string): Promise<RestAnswer> {
  const { code } = await fetchCode(instances, { phone, purpose: 'login' }, toE164(phone));
  return login(server, { phone, code });
}
/** Up to where the number alone does not open the account. */
async function begin({ phone }: Pick<Holder, 'phone'>): Promise<Answer> {
  const { status, body } = await byPhone(phone);
  expect([status, body.status]).toEqual([200, 'mfa_required']);
  return body;
}
const takeOver = (mfa_token: string, on = server) =>
  on.rest('POST', '/auth/mfa/verify', { body: { mfa_token, method: 'new_account' } });
const find = (id: string) => server.deps.users.findById(id);

describe('when it is doubted', () => {
  test('not below 90 days, and from there on', async () => {
    const [early, late] = [await createHolder(IDLE - 10 * SECOND), await createHolder(IDLE + SECOND)];
    const opened = await byPhone(early.phone);
    expect([outcomeOf(opened), opened.body.user?.id]).toEqual(['ok', early.id]);
    const { methods, expires_in, ...rest } = await begin(late);
    expect([methods, expires_in]).toEqual([['email', 'new_account'], 300]);
    expect(rest).not.toHaveProperty('access_token');
  });

  test('also where nobody has signed in yet for so long: an account that was imported or invited', async () => {
    const never = { 'login_history.last_login_at': new Date(0) };
    const [old, fresh] = [await createHolder(), await createHolder()];
    await server.deps.users.update(old.id, {}, { $set: { ...never, created_at: new Date('2024-01-01') } });
    await server.deps.users.update(fresh.id, {}, { $set: never });
    expect((await begin(old)).methods).toEqual(['email', 'new_account']);
    expect(outcomeOf(await byPhone(fresh.phone))).toBe('ok');
  });

  test('not where there is nothing else to ask for: no address, or one that nobody has proven', async () => {
    const unproven = await createHolder(IDLE * 4, { email_verified: false });
    const phone = newNumber();
    const { user } = (await byPhone(phone)).body;
    await rest(user, IDLE * 4);
    for (const [number, id] of [
      [unproven.phone, unproven.id],
      [phone, user.id],
    ])
      expect((await byPhone(number ?? '')).body.user?.id).toBe(id);
  });

  test('a password, or a code by mail, opens it as ever', async () => {
    const { email, password, phone } = await createHolder();
    expect(outcomeOf(await login(server, { phone, password }))).toBe('ok');
    const holder = await createHolder();
    const { code } = await fetchCode(instances, { email: holder.email, purpose: 'login' }, holder.email);
    expect(outcomeOf(await login(server, { email: holder.email, code }))).toBe('ok');
    expect(outcomeOf(await login(server, { email, password }))).toBe('ok');
  });

  test('a forgotten password is no way round it: a code to the number sets none', async () => {
    const { phone, email, password } = await createHolder();
    await forgetPassword(server, { phone });
    const [code] = await readCodes(instances, toE164(phone));
    expect(outcomeOf(await resetPassword(server, { phone, code }))).toBe('INVALID_CODE');
    expect(outcomeOf(await login(server, { email, password }))).toBe('ok');
    // Who has been there since has the number still.
    await forgetPassword(server, { phone });
    const [next] = await readCodes(instances, toE164(phone));
    expect(outcomeOf(await resetPassword(server, { phone, code: next }))).toBe('204');
  });
});

describe('who is the same', () => {
  test('shows the code from the account’s mailbox, and is not asked again', async () => {
    const holder = await createHolder();
    const { mfa_token } = await begin(holder);
    const [code = ''] = await readCodes(instances, holder.email);
    expect(outcomeOf(await verify(server, mfa_token, 'email', wrong(code)))).toBe('INVALID_CODE');
    const { body } = await verify(other, mfa_token, 'email', code);
    expect([body.status, body.user?.id]).toEqual(['ok', holder.id]);
    expect(claimsOf(body.access_token).amr).toEqual(expect.arrayContaining(['sms', 'email']));
    expect(outcomeOf(await verify(server, mfa_token, 'email', code))).toBe('INVALID_CODE');
    expect(outcomeOf(await byPhone(holder.phone))).toBe('ok');
  });

  test('shows that code alone: not the one sent to the phone, to sign in by mail, or to somebody else', async () => {
    const [holder, stranger] = [await createHolder(), await createHolder()];
    const { code: toPhone } = await fetchCode(
      instances,
      { phone: holder.phone, purpose: 'login' },
      toE164(holder.phone),
    );
    const { mfa_token } = await begin(holder);
    await begin(stranger);
    const [theirs = ''] = await readCodes(instances, stranger.email);
    await settle(instances);
    const { code: byMail } = await fetchCode(instances, { email: holder.email, purpose: 'login' }, holder.email);
    for (const code of [toPhone, theirs, byMail])
      expect(outcomeOf(await verify(server, mfa_token, 'email', code))).toBe('INVALID_CODE');
    // Nor does the mailbox's code open anything by itself.
    const [, confirm] = await readCodes(instances, holder.email);
    expect(outcomeOf(await login(server, { email: holder.email, code: confirm }))).toBe('INVALID_CODE');
  });

  test('has five minutes for it', async () => {
    const holder = await createHolder();
    const { mfa_token } = await begin(holder);
    const [code = ''] = await readCodes(instances, holder.email);
    server.clock.advance(300 * SECOND);
    expect(outcomeOf(await verify(server, mfa_token, 'email', code))).toBe('INVALID_CODE');
    expect(outcomeOf(await takeOver(mfa_token))).toBe('INVALID_CODE');
  });

  test('shows the second factor where there is one, and no mail is sent for it', async () => {
    const holder = await createHolder(0);
    const app = await enrollApp(server, (await server.signIn(holder)).access);
    await rest(holder, IDLE + SECOND);
    const mails = (await readMails(server, holder.email)).length;
    const { mfa_token, methods } = await begin(holder);
    expect(methods).toEqual(['totp', 'backup_code', 'new_account']);
    await settle(instances);
    expect(await readMails(server, holder.email)).toHaveLength(mails);
    const { body } = await verify(server, mfa_token, 'totp', nextCode(server, app.secret));
    expect(body.user?.id).toBe(holder.id);
  });
});

describe('who is somebody else', () => {
  test('gets an account of their own with the number; the old one keeps all else and is told', async () => {
    const old = await createHolder();
    const { access } = await server.signIn(old);
    await rest(old, IDLE + SECOND);
    const { mfa_token } = await begin(old);
    const { status, body } = await takeOver(mfa_token, other);
    expect([status, body.status]).toEqual([200, 'ok']);
    expect(body.user).toMatchObject({ phone: toE164(old.phone), email: null, roles: ['User'] });
    expect(body.user.id).not.toBe(old.id);
    expect(body.user.username).not.toBe(old.username);
    const loser = await find(old.id);
    expect([loser?.phone, loser?.phone_verified, loser?.email]).toEqual([undefined, false, old.email]);
    await settle(instances);
    const [told] = (await readMails(server, old.email)).filter(({ code }) => code === null);
    expect(told).toMatchObject({ subject: 'Your phone number was taken over', link: null });
    expect(told?.text).not.toContain(body.user.username);
    // Nobody is put out, but the token told of a number that is another's now.
    expect(outcomeOf(await server.rest('GET', '/auth/me', { token: access }))).toBe('TOKEN_STALE');
    expect(outcomeOf(await login(server, { email: old.email, password: old.password }))).toBe('ok');
    expect((await byPhone(old.phone)).body.user?.id).toBe(body.user.id);
    expect(outcomeOf(await login(server, { phone: old.phone, password: old.password }))).toBe('INVALID_CREDENTIALS');
  });

  test('is nobody who was not offered it', async () => {
    const holder = await createHolder(0);
    await enrollApp(server, (await server.signIn(holder)).access);
    const { mfa_token, methods } = await begin(holder);
    expect(methods).toEqual(['totp', 'backup_code']);
    expect(outcomeOf(await takeOver(mfa_token))).toBe('VALIDATION_FAILED');
    expect((await find(holder.id))?.phone).toBe(toE164(holder.phone));
  });

  test('is nobody once the number has changed hands on the way', async () => {
    const holder = await createHolder();
    const { mfa_token } = await begin(holder);
    await server.deps.users.update(holder.id, {}, { $set: { phone: toE164(newNumber()) } });
    expect(outcomeOf(await takeOver(mfa_token))).not.toBe('ok');
    expect((await find(holder.id))?.phone).not.toBeUndefined();
  });

  test('many times at once, over two instances, is one', async () => {
    const old = await createHolder();
    const { mfa_token } = await begin(old);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => takeOver(mfa_token, i % 2 ? other : server)),
    );
    expect(tally(answers)['ok']).toBe(1);
    expect(Object.keys(tally(answers)).sort()).toEqual(['INVALID_CODE', 'ok']);
    const { db } = server.deps.database;
    expect(await db.collection('users').countDocuments({ phone: toE164(old.phone) })).toBe(1);
  });

  test('and the same at once: one of the two happens', async () => {
    for (let round = 0; round < 4; round++) {
      const old = await createHolder();
      const { mfa_token } = await begin(old);
      const [code = ''] = await readCodes(instances, old.email);
      const answers = await Promise.all([takeOver(mfa_token, other), verify(server, mfa_token, 'email', code)]);
      expect(answers.map(outcomeOf).sort()).toEqual(['INVALID_CODE', 'ok']);
      const moved = outcomeOf(answers[0]) === 'ok';
      expect((await find(old.id))?.phone).toBe(moved ? undefined : toE164(old.phone));
    }
  });
});

test('the code that was sent for it is spent by the first answer', async () => {
  const holder = await createHolder();
  const { body } = await askForCode(server, { phone: holder.phone, purpose: 'login' });
  const [code] = await readCodes(instances, toE164(holder.phone));
  const call = { phone: holder.phone, code, challenge_id: body.challenge_id };
  expect(outcomeOf(await login(server, call))).toBe('mfa_required');
  expect(outcomeOf(await login(server, call))).toBe('INVALID_CODE');
});
