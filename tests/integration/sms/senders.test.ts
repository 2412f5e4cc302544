// Several senders as one: who stands in for whom, what a log says of it, and the outbox of development.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeAliyunSms } from '../../../scripts/fakes/sms/aliyun.ts';
import { startFakeTencentSms } from '../../../scripts/fakes/sms/tencent.ts';
import { startFakeTwilio } from '../../../scripts/fakes/sms/twilio.ts';
import { createDevMessagesRepository } from '../../../server/src/platform/mail/sender.ts';
import { captureLog } from '../../support/log-lines.ts';
import { build, CODE, database, expectNothingTold, failureOf, message, NUMBER, useDatabase } from './harness.ts';

useDatabase();
let aliyun: Awaited<ReturnType<typeof startFakeAliyunSms>>;
let tencent: Awaited<ReturnType<typeof startFakeTencentSms>>;
let twilio: Awaited<ReturnType<typeof startFakeTwilio>>;
beforeAll(async () => {
  [aliyun, tencent, twilio] = await Promise.all([startFakeAliyunSms(), startFakeTencentSms(), startFakeTwilio()]);
});
afterAll(() => Promise.all([aliyun.close(), tencent.close(), twilio.close()]));
beforeEach(() => {
  for (const vendor of [aliyun, tencent, twilio]) vendor.misbehave(NUMBER, null);
});

const counts = () => [aliyun, tencent, twilio].map(({ messages }) => messages.length);
/** How many messages each vendor took in the meantime. */
async function takenDuring(act: () => Promise<unknown>): Promise<number[]> {
  const before = counts();
  await act();
  return counts().map((count, index) => count - (before[index] ?? 0));
}
const all = () => [aliyun.config, tencent.config, twilio.config];

describe('the next sender', () => {
  test('has nothing to do while the one before it sends', async () => {
    expect(await takenDuring(() => build(all())?.send(message()) ?? Promise.reject())).toEqual([1, 0, 0]);
  });

  test.each(['limit', 'error', 'silence', { code: 'isv.AMOUNT_NOT_ENOUGH' }] as const)(
    'stands in for one that answers %j',
    async (how) => {
      aliyun.misbehave(NUMBER, how);
      const sender = build(all(), { timeout: how === 'silence' ? 50 : 5_000 });
      expect(await takenDuring(() => sender?.send(message()) ?? Promise.reject())).toEqual([0, 1, 0]);
    },
  );

  test('stands in for one that nobody reaches', async () => {
    const gone = await startFakeAliyunSms();
    await gone.close();
    const sender = build([gone.config, tencent.config]);
    expect(await takenDuring(() => sender?.send(message()) ?? Promise.reject())).toEqual([0, 1, 0]);
  });

  test('stands in for one that has no template for the message', async () => {
    const sender = build([
      { ...aliyun.config, templates: { account_locked: 'SMS_100000003', code_en: 'SMS_100000002' } },
      twilio.config,
    ]);
    expect(await takenDuring(() => sender?.send(message()) ?? Promise.reject())).toEqual([0, 0, 1]);
    expect(await takenDuring(() => sender?.send(message({ language: 'en' })) ?? Promise.reject())).toEqual([1, 0, 0]);
  });

  test('is not asked about a number that is none', async () => {
    aliyun.misbehave(NUMBER, 'illegal');
    expect(await takenDuring(async () => expect((await failureOf(all())).failure).toBe('illegal_number'))).toEqual([
      0, 0, 0,
    ]);
  });
});

describe('when none is left', () => {
  test('the last failure is told', async () => {
    for (const vendor of [aliyun, tencent]) vendor.misbehave(NUMBER, 'limit');
    expect(await failureOf([aliyun.config, tencent.config])).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('LimitExceeded.PhoneNumberDailyLimit'),
    });
  });

  test('it is worth another try if any was unavailable', async () => {
    aliyun.misbehave(NUMBER, 'error');
    tencent.misbehave(NUMBER, 'limit');
    expect(await failureOf([aliyun.config, tencent.config])).toMatchObject({
      failure: 'unavailable',
      message: expect.stringContaining('InternalError'),
    });
  });
});

test('a log names sender, failure and the vendor’s code, and neither number nor code', async () => {
  const log = captureLog();
  aliyun.misbehave(NUMBER, 'limit');
  tencent.misbehave(NUMBER, 'error');
  const wrongKey = { ...aliyun.config, access_key_secret: 'wrong' };
  await build([aliyun.config, tencent.config, wrongKey, twilio.config], { log })?.send(message());
  expect(log.lines()).toMatchObject([
    {
      level: 40,
      sender: 'aliyun#0',
      failure: 'refused',
      reason: expect.stringMatching(/^isv\.BUSINESS_LIMIT_CONTROL /),
    },
    { level: 40, sender: 'tencent#1', failure: 'unavailable', template: 'code' },
    { level: 40, sender: 'aliyun#2', failure: 'refused', reason: expect.stringMatching(/^SignatureDoesNotMatch /) },
  ]);
  expectNothingTold(log.text());
});

describe('with nothing configured', () => {
  test('development keeps messages in the outbox', async () => {
    await build([])?.send(message({ to: '+8613700137000' }));
    expect(await createDevMessagesRepository(database).list('+8613700137000')).toMatchObject([
      { channel: 'sms', text: expect.stringContaining(CODE), code: CODE, link: null },
    ]);
  });

  test('production has no sender', () => {
    expect(build([], { mode: 'production' })).toBeNull();
  });
});

test('console named last catches what a vendor refused, in development alone', async () => {
  aliyun.misbehave(NUMBER, 'limit');
  const entries = [aliyun.config, { kind: 'console' }];
  await build(entries)?.send(message({ template: 'account_locked', values: { username: 'li.lei' } }));
  expect(await createDevMessagesRepository(database).list(NUMBER)).toMatchObject([
    { code: null, text: expect.stringContaining('li.lei') },
  ]);
  expect((await failureOf(entries, message(), { mode: 'production' })).failure).toBe('refused');
  expect(build([{ kind: 'console' }], { mode: 'production' })).toBeNull();
});

test('a message that lacks a value goes to nobody', async () => {
  const lacking = { ...message(), values: { code: CODE } };
  expect(await takenDuring(() => failureOf([aliyun.config, tencent.config], lacking))).toEqual([0, 0, 0]);
});
