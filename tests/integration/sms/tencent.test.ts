// Tencent Cloud SMS: what arrives there, and what its refusals mean here.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startFake } from '../../../scripts/fakes/sms/fake.ts';
import { startFakeTencentSms } from '../../../scripts/fakes/sms/tencent.ts';
import { CODE, clockOff, failureOf, message, NUMBER, send, startMiddleman, useDatabase } from './harness.ts';

useDatabase();
let tencent: Awaited<ReturnType<typeof startFakeTencentSms>>;
beforeAll(async () => {
  tencent = await startFakeTencentSms();
});
afterAll(() => tencent.close());
beforeEach(() => tencent.misbehave(NUMBER, null));

const last = () => tencent.messages.at(-1);

describe('a message', () => {
  test('arrives with signature, template and values by place', async () => {
    await send(tencent.config, message({ id: '6650f0a1b2c3d4e5f6071829' }));
    expect(last()).toEqual({
      to: NUMBER,
      text: `【认证中心】您的验证码是${CODE}，5分钟内有效，如非本人操作，请忽略本短信。`,
      values: { 1: CODE, 2: '5' },
      id: '6650f0a1b2c3d4e5f6071829',
    });
  });

  test('carries the values in the order that its template takes them', async () => {
    await send({ ...tencent.config, templates: { code: { id: '1100001', values: ['minutes', 'code'] } } });
    expect(last()?.values).toEqual({ 1: '5', 2: CODE });
    await send(tencent.config, message({ language: 'en' }));
    expect(last()?.text).toBe(`【认证中心】Your verification code is ${CODE}.`);
  });

  test('goes abroad, and keeps Chinese values whole', async () => {
    await send(
      tencent.config,
      message({ to: '+85261234567', template: 'account_locked', values: { username: '张伟 🙂 "\\' } }),
    );
    expect(last()).toMatchObject({
      to: '+85261234567',
      text: '【认证中心】账号张伟 🙂 "\\因多次登录失败已被暂时锁定。',
    });
  });

  test.each(['2026-03-01T00:30:00Z', '2026-02-28T23:30:00Z'])(
    'is signed for the day in UTC, at %s too',
    async (now) => {
      // Where the machine's own day is another.
      const { TZ } = process.env;
      process.env.TZ = now.includes('T00') ? 'America/New_York' : 'Asia/Shanghai';
      onTestFinished(() => {
        process.env.TZ = TZ ?? 'UTC';
      });
      const at = new Date(now);
      const there = await startFakeTencentSms({ now: () => at });
      onTestFinished(() => there.close());
      await send(there.config, message(), { clock: { now: () => at } });
      expect(there.messages).toHaveLength(1);
    },
  );
});

describe('the vendor refuses', () => {
  test.each([
    ['a wrong key', { secret_key: 'FakeSecretKeY' }, 'AuthFailure.SignatureFailure'],
    ['an unknown id', { secret_id: 'AKIDunknown' }, 'AuthFailure.SecretIdNotFound'],
    ['an application of others', { app_id: '1400000000' }, 'UnauthorizedOperation.SmsSdkAppIdVerifyFail'],
    ['a signature that was not approved', { sign_name: '别的签名' }, 'FailedOperation.SignatureIncorrectOrUnapproved'],
    [
      'a template that was not approved',
      { templates: { code: '404' } },
      'FailedOperation.TemplateIncorrectOrUnapproved',
    ],
    [
      'values that do not fit the template',
      { templates: { code: { id: '1100001', values: ['code'] } } },
      'FailedOperation.TemplateParamSetNotMatchApprovedTemplate',
    ],
  ])('%s', async (_, change, code) => {
    const failure = await failureOf({ ...tencent.config, ...change });
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(`${code} (HTTP 200`) });
  });

  test.each([1, -1])('a clock that is 6 minutes wrong, and not one that is 4 (%d)', async (sign) => {
    expect((await failureOf(tencent.config, message(), { clock: clockOff(sign * 360) })).message).toContain(
      'AuthFailure.SignatureExpire',
    );
    await send(tencent.config, message(), { clock: clockOff(sign * 240) });
  });

  test.each([
    ['another number', { body: [NUMBER, '+8613900139000'] }],
    ['another value', { body: [CODE, '000000'] }],
    ['another time', { header: ['x-tc-timestamp', String(Math.floor(Date.now() / 1000) + 60)] }],
    ['another content type', { header: ['content-type', 'application/json'] }],
    ['another host', { header: ['host', 'sms.example.com'] }],
    ['nothing', {}],
  ] as const)(
    'a request into which somebody put %s',
    async (what, change: { body?: readonly string[]; header?: readonly string[] }) => {
      const endpoint = await startMiddleman(tencent.url, (request, pass) => {
        const [from = '', to = ''] = change.body ?? [];
        const [name = 'x-nothing', value = ''] = change.header ?? [];
        return pass({
          ...request,
          body: request.body.replace(from, to),
          headers: { ...request.headers, [name]: value },
        });
      });
      const entry = { ...tencent.config, endpoint };
      if (what === 'nothing') return send(entry);
      expect(await failureOf(entry)).toMatchObject({
        failure: 'refused',
        message: expect.stringContaining('AuthFailure.SignatureFailure'),
      });
    },
  );
});

describe('an error', () => {
  test.each([
    ['limit', 'refused', 'LimitExceeded.PhoneNumberDailyLimit (HTTP 200, request '],
    ['illegal', 'illegal_number', 'InvalidParameterValue.IncorrectPhoneNumber (HTTP 200, request '],
    ['error', 'unavailable', 'HTTP 500'],
    [{ code: 'FailedOperation.InsufficientBalanceInSmsPackage' }, 'refused', 'InsufficientBalance'],
    [{ code: 'FailedOperation.PhoneNumberInBlacklist' }, 'refused', 'PhoneNumberInBlacklist'],
    [{ code: 'UnsupportedOperation.UnsuportedRegion' }, 'refused', 'UnsuportedRegion'],
    [{ code: 'InternalError.Timeout' }, 'unavailable', 'InternalError.Timeout'],
  ] as const)('%j is %s', async (how, failure, said) => {
    const before = tencent.messages.length;
    tencent.misbehave(NUMBER, how);
    expect(await failureOf(tencent.config)).toMatchObject({ failure, message: expect.stringContaining(said) });
    expect(tencent.messages).toHaveLength(before);
  });

  test('no answer in time is unavailable', async () => {
    tencent.misbehave(NUMBER, 'silence');
    expect((await failureOf(tencent.config, message(), { timeout: 50 })).failure).toBe('unavailable');
  });

  test.each([
    [
      'a second status that is not Ok',
      { SendStatusSet: [{ Code: 'Ok' }, { Code: 'LimitExceeded.AppDailyLimit' }] },
      'refused',
    ],
    ['no status at all', { SendStatusSet: [] }, 'unavailable'],
    [
      'an error beside a status',
      { SendStatusSet: [{ Code: 'Ok' }], Error: { Code: 'RequestLimitExceeded' } },
      'unavailable',
    ],
    ['nothing that is known', null, 'unavailable'],
  ])('%s is no success', async (_, Response, failure) => {
    const odd = await startFake(
      {},
      () => ({ status: 200, body: { Response } }),
      (url) => ({ ...tencent.config, endpoint: url }),
    );
    onTestFinished(() => odd.close());
    expect((await failureOf(odd.config)).failure).toBe(failure);
  });
});
