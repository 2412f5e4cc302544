// Twilio: what arrives there, and what its refusals mean here.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startFake } from '../../../scripts/fakes/sms/fake.ts';
import { startFakeTwilio } from '../../../scripts/fakes/sms/twilio.ts';
import { CODE, failureOf, message, NUMBER, send, useDatabase } from './harness.ts';

useDatabase();
let twilio: Awaited<ReturnType<typeof startFakeTwilio>>;
beforeAll(async () => {
  twilio = await startFakeTwilio();
});
afterAll(() => twilio.close());
beforeEach(() => twilio.misbehave(NUMBER, null));

describe('a message', () => {
  test.each([
    ['zh', `【AuthCenter】您的验证码是 ${CODE}，5 分钟内有效。如非本人操作，请忽略本短信。`],
    [
      'en',
      `[AuthCenter] Your code is ${CODE}. It is good for 5 minutes. If you did not ask for it, ignore this message.`,
    ],
  ] as const)('arrives as whole text (%s)', async (language, text) => {
    await send(twilio.config, message({ language }));
    expect(twilio.messages.at(-1)).toMatchObject({ to: NUMBER, text });
  });

  test('goes through a messaging service', async () => {
    const { from: _, ...config } = twilio.config;
    await send(
      { ...config, messaging_service_sid: 'MG00000000000000000000000000000000' },
      message({ to: '+14155552671' }),
    );
    expect(twilio.messages.at(-1)?.to).toBe('+14155552671');
  });
});

describe('an error', () => {
  test.each([
    ['limit', 'unavailable', '20429 (HTTP 429)'],
    ['illegal', 'illegal_number', '21211 (HTTP 400)'],
    ['error', 'unavailable', '20500 (HTTP 500)'],
    [{ code: '21614' }, 'illegal_number', '21614'],
    [{ code: '21217' }, 'illegal_number', '21217'],
    [{ code: '21408' }, 'refused', '21408'],
    [{ code: '21610' }, 'refused', '21610'],
  ] as const)('%j is %s', async (how, failure, said) => {
    const before = twilio.messages.length;
    twilio.misbehave(NUMBER, how);
    expect(await failureOf(twilio.config)).toMatchObject({ failure, message: expect.stringContaining(said) });
    expect(twilio.messages).toHaveLength(before);
  });

  test.each([
    ['a wrong token', { auth_token: 'wrong' }, '20003 (HTTP 401)'],
    ['an account of others', { account_sid: `AC${'1'.repeat(32)}` }, '20003 (HTTP 401)'],
    ['a number of others', { from: '+15005550001' }, '21606 (HTTP 400)'],
  ])('%s is refused', async (_, change, said) => {
    expect(await failureOf({ ...twilio.config, ...change })).toMatchObject({ failure: 'refused', message: said });
  });

  test('no answer in time is unavailable', async () => {
    twilio.misbehave(NUMBER, 'silence');
    expect((await failureOf(twilio.config, message(), { timeout: 50 })).failure).toBe('unavailable');
  });

  test.each([
    ['a message with an error of its own', { status: 201, body: { sid: 'SM1', error_code: 30007 } }, 'refused'],
    ['a message without an id', { status: 200, body: {} }, 'unavailable'],
    ['an error behind HTTP 200', { status: 200, body: { code: 21211, message: NUMBER } }, 'illegal_number'],
  ])('%s is no success', async (_, reply, failure) => {
    const odd = await startFake(
      {},
      () => reply,
      (url) => ({ ...twilio.config, endpoint: url }),
    );
    onTestFinished(() => odd.close());
    expect((await failureOf(odd.config)).failure).toBe(failure);
  });
});
