// Phone numbers as people type them: however one is spelled it is one, and what is none is told before anything is sent.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askForCode, fetchCode, login, outcomeOf, readCodes } from '../../support/codes.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let served: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { sms: { allowed_countries: [] } } });
  served = await startTestServer({
    config: { sms: { allowed_countries: ['CN', 'SG'] }, auth: { default_region: 'SG' } },
  });
});
afterAll(async () => {
  await served.close();
  await server.close();
});

const toFullWidth = (text: string) =>
  text.replaceAll(/[\d+]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
const spellings: readonly (readonly [string, (phone: string) => string])[] = [
  ['eleven digits', (phone) => phone],
  ['E.164', toE164],
  ['0086', (phone) => `0086${phone}`],
  ['0086 and spaces', (phone) => ` 0086 ${phone.slice(0, 3)} ${phone.slice(3, 7)} ${phone.slice(7)} `],
  ['+86 and hyphens', (phone) => `+86-${phone.slice(0, 3)}-${phone.slice(3)}`],
  ['(+86)', (phone) => `(+86) ${phone}`],
  ['86 without a sign', (phone) => `86${phone}`],
  ['full-width digits', toFullWidth],
  ['full-width plus and digits', (phone) => toFullWidth(toE164(phone))],
  ['full-width 0086 and a full-width space', (phone) => `${toFullWidth('0086')}\u3000${toFullWidth(phone)}`],
];
const ask = (phone: string, purpose = 'login') => fetchCode([server], { phone, purpose }, toE164(phone));

describe('a number is one, however it is spelled', () => {
  test.each(spellings)('as %s', async (_, spell) => {
    const phone = newNumber();
    const { code } = await ask(phone);
    const first = await login(server, { phone: spell(phone), code });
    expect(first.body.user).toMatchObject({ phone: toE164(phone) });
    // And the other way round.
    const sent = await fetchCode([server], { phone: spell(phone), purpose: 'login' }, toE164(phone));
    const second = await login(server, { phone, code: sent.code, challenge_id: sent.challengeId });
    expect(second.body.user.id).toBe(first.body.user.id);
  });

  test('registering it by another spelling finds it taken', async () => {
    const phone = newNumber();
    await login(server, { phone, code: (await ask(phone)).code });
    for (const [, spell] of spellings) {
      const { code } = await ask(phone, 'register');
      const { status, body } = await server.rest('POST', '/auth/register', { body: { phone: spell(phone), code } });
      expect([status, body.code, body.errors?.[0]?.path]).toEqual([409, 'ALREADY_EXISTS', 'phone']);
    }
    expect(await server.deps.database.db.collection('users').countDocuments({ phone: toE164(phone) })).toBe(1);
  });

  test('guesses at all its spellings are guesses at it', async () => {
    const phone = newNumber();
    expect((await askForCode(server, { phone, purpose: 'login' })).status).toBe(202);
    for (const [, spell] of spellings.slice(0, 5))
      expect(outcomeOf(await login(server, { phone: spell(phone), code: '000000' }))).toBe('INVALID_CODE');
    expect(outcomeOf(await login(server, { phone, code: '000000' }))).toBe('ACCOUNT_LOCKED');
  });

  test('a password goes with it too', async () => {
    const [user, phone] = [await server.createUser(), newNumber()];
    await server.deps.users.update(user.id, {}, { $set: { phone: toE164(phone), phone_verified: true } });
    for (const [, spell] of spellings)
      expect(outcomeOf(await login(server, { phone: spell(phone), password: user.password }))).toBe('ok');
  });
});

describe('what is no number', () => {
  test.each([
    '1-2-3',
    'not a number',
    '十三八零零',
    '+',
    '00000000',
    '+999123456789',
    '+1234567890123456',
    '13800138000 or 13900139000',
    '*#06#',
    '\u0000\u0000\u0000\u0000\u0000',
    '1'.repeat(33),
    { $ne: null },
    ['13800138000'],
    13_800_138_000,
    null,
  ])('is told by its field, and gets no message: %j', async (phone) => {
    const before = await server.deps.database.db.collection('otp_challenges').countDocuments();
    for (const purpose of ['login', 'register', 'reset_password']) {
      const { status, body } = await askForCode(server, { phone, purpose });
      expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'phone']);
    }
    for (const answer of [
      await login(server, { phone, code: '123456' }),
      await login(server, { phone, password: 'correct horse battery' }),
      await server.rest('POST', '/auth/password/forgot', { body: { phone } }),
      await server.rest('POST', '/auth/register', { body: { phone, code: '123456' } }),
    ])
      expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(await server.deps.database.db.collection('otp_challenges').countDocuments()).toBe(before);
  });
});

describe('countries', () => {
  test.each(['+6581234567', '+85251234567', '+12025550143', '+7 701 234 56 78'])(
    'all of them are served where none is named: %s',
    async (phone) => {
      const e164 = phone.replaceAll(' ', '');
      const { code } = await fetchCode([server], { phone, purpose: 'login' }, e164);
      const { body } = await login(server, { phone, code });
      expect(body.user.phone).toBe(e164);
    },
  );

  test.each(['+85251234567', '+12025550143', '+77012345678', '+883510000000', '00447911123456'])(
    'one that is not among those named gets no message: %s',
    async (phone) => {
      for (const answer of [
        await askForCode(served, { phone, purpose: 'login' }),
        await askForCode(served, { phone, purpose: 'register' }),
        await served.rest('POST', '/auth/password/forgot', { body: { phone } }),
      ]) {
        expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
        expect(answer.body.errors).toEqual([{ path: 'phone', message: 'is of a country that is not served' }]);
      }
      expect(await readCodes([served], phone.replace(/^00/, '+'))).toEqual([]);
    },
  );

  test('numbers without a sign are of the region that is configured', async () => {
    for (const [phone, e164] of [
      ['81234567', '+6581234567'],
      ['+86 13800138000', '+8613800138000'],
    ] as const) {
      const { code } = await fetchCode([served], { phone, purpose: 'login' }, e164);
      expect((await login(served, { phone, code })).body.user.phone).toBe(e164);
    }
  });
});
