// Alibaba Cloud SMS: what arrives there, and what its refusals mean here.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeAliyunSms } from '../../../scripts/fakes/sms/aliyun.ts';
import { CODE, clockOff, failureOf, message, NUMBER, send, startMiddleman, useDatabase } from './harness.ts';

useDatabase();
let aliyun: Awaited<ReturnType<typeof startFakeAliyunSms>>;
beforeAll(async () => {
  aliyun = await startFakeAliyunSms();
});
afterAll(() => aliyun.close());
beforeEach(() => aliyun.misbehave(NUMBER, null));

const last = () => aliyun.messages.at(-1);

describe('a message', () => {
  test('arrives with signature, template and values', async () => {
    await send(aliyun.config, message({ id: '6650f0a1b2c3d4e5f6071829' }));
    expect(last()).toEqual({
      to: NUMBER,
      text: `【认证中心】您的验证码为${CODE}，5分钟内有效，请勿泄露于他人！`,
      values: { code: CODE, minutes: '5' },
      id: '6650f0a1b2c3d4e5f6071829',
    });
  });

  test('goes by the template of its language where there is one', async () => {
    await send(aliyun.config, message({ language: 'en' }));
    expect(last()?.text).toBe(`【认证中心】Your verification code is ${CODE}, good for 5 minutes.`);
    await send(aliyun.config, message({ template: 'new_device', language: 'en', values: { username: 'li.lei' } }));
    expect(last()?.text).toBe('【认证中心】账号li.lei刚在新设备上登录。');
  });

  test('carries the values that its template takes, and no others', async () => {
    const templates = { code: { id: 'SMS_100000003', values: ['minutes'] } };
    const failure = await failureOf({ ...aliyun.config, templates });
    expect(failure.message).toContain('isv.TEMPLATE_MISSING_PARAMETERS');
    await send(
      { ...aliyun.config, templates: { account_locked: { id: 'SMS_100000003', values: ['username'] } } },
      message({ template: 'account_locked', values: { username: '张伟', place: '杭州' } }),
    );
    expect(last()?.values).toEqual({ username: '张伟' });
  });

  test.each(['张伟 (测试)', "O'Neil!*", 'a+b&c=d%20~', '换\n行', '🙂'])(
    'keeps the value %j whole',
    async (username) => {
      await send(aliyun.config, message({ template: 'account_locked', values: { username } }));
      expect(last()?.values).toEqual({ username });
    },
  );

  test.each(['+85261234567', '+447911123456', '+12025550123', '+14155552671'])('goes abroad, to %s', async (to) => {
    await send(aliyun.config, message({ to }));
    expect(last()?.to).toBe(to);
  });

  test.each(['+8675512345678', '+8612025550123'])('does not go to %s, which is no mobile number', async (to) => {
    expect((await failureOf(aliyun.config, message({ to }))).failure).toBe('illegal_number');
  });

  test('is sent to mainland numbers by their eleven digits', async () => {
    let target = '';
    const endpoint = await startMiddleman(aliyun.url, (request, pass) => {
      target = request.target;
      return pass(request);
    });
    await send({ ...aliyun.config, endpoint });
    expect(new URL(target, endpoint).searchParams.get('PhoneNumbers')).toBe('13800138000');
  });
});

describe('the vendor refuses', () => {
  test.each([
    ['a wrong secret', { access_key_secret: 'FakeAccessKeySecreT' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { access_key_id: 'LTAI5tUnknown' }, 'InvalidAccessKeyId.NotFound'],
    ['a signature that was not approved', { sign_name: '别的签名' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
    ['a template that was not approved', { templates: { code: 'SMS_404' } }, 'isv.SMS_TEMPLATE_ILLEGAL'],
  ])('%s', async (_, change, code) => {
    const failure = await failureOf({ ...aliyun.config, ...change });
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(code) });
  });

  test.each([16, -16])('a clock that is %d minutes wrong, and not one that is 14', async (minutes) => {
    const failure = await failureOf(aliyun.config, message(), { clock: clockOff(minutes * 60) });
    expect(failure.message).toContain('InvalidTimeStamp.Expired');
    await send(aliyun.config, message(), { clock: clockOff(Math.sign(minutes) * 14 * 60) });
  });

  test.each([
    ['another number', { target: ['13800138000', '13900139000'] }],
    ['another value', { target: [CODE, '000000'] }],
    ['another template', { target: ['SMS_100000001', 'SMS_100000002'] }],
    ['a body', { body: 'PhoneNumbers=13900139000' }],
    ['another nonce', { header: ['x-acs-signature-nonce', 'other'] }],
    ['another date', { header: ['x-acs-date', new Date(Date.now() + 60_000).toISOString().replace(/\.\d+/, '')] }],
    ['a header of its own', { header: ['x-acs-extra', '1'] }],
    ['another host', { header: ['host', 'dysmsapi.example.com'] }],
    ['nothing', {}],
  ] as const)(
    'a request into which somebody put %s',
    async (what, change: { target?: readonly string[]; body?: string; header?: readonly string[] }) => {
      const endpoint = await startMiddleman(aliyun.url, (request, pass) => {
        const [from = '', to = ''] = change.target ?? [];
        const [name = 'x-nothing', value = ''] = change.header ?? [];
        const target = request.target.replace(from, to);
        return pass({
          ...request,
          target,
          body: change.body ?? request.body,
          headers: { ...request.headers, [name]: value },
        });
      });
      const entry = { ...aliyun.config, endpoint };
      if (what === 'nothing') return send(entry);
      expect(await failureOf(entry)).toMatchObject({
        failure: 'refused',
        message: expect.stringContaining('SignatureDoesNotMatch'),
      });
    },
  );

  test('a request that comes twice', async () => {
    const endpoint = await startMiddleman(aliyun.url, async (request, pass) => {
      await pass(request);
      return pass(request);
    });
    expect((await failureOf({ ...aliyun.config, endpoint })).message).toContain('SignatureNonceUsed');
  });
});

describe('an error', () => {
  test.each([
    ['limit', 'refused', 'isv.BUSINESS_LIMIT_CONTROL (HTTP 200, request '],
    ['illegal', 'illegal_number', 'isv.MOBILE_NUMBER_ILLEGAL (HTTP 200, request '],
    ['error', 'unavailable', 'InternalError (HTTP 500, request '],
    [{ code: 'isv.AMOUNT_NOT_ENOUGH' }, 'refused', 'isv.AMOUNT_NOT_ENOUGH'],
    [{ code: 'isv.INVALID_PARAMETERS' }, 'refused', 'isv.INVALID_PARAMETERS'],
    [{ code: 'isp.RAM_PERMISSION_DENY' }, 'refused', 'isp.RAM_PERMISSION_DENY'],
    [{ code: 'isp.SYSTEM_ERROR' }, 'unavailable', 'isp.SYSTEM_ERROR'],
    [{ code: 'Throttling.User' }, 'unavailable', 'Throttling.User'],
  ] as const)('%j is %s', async (how, failure, said) => {
    const before = aliyun.messages.length;
    aliyun.misbehave(NUMBER, how);
    expect(await failureOf(aliyun.config)).toMatchObject({ failure, message: expect.stringContaining(said) });
    expect(aliyun.messages).toHaveLength(before);
  });

  test('about a number abroad leaves it to another sender: a template of the mainland does not reach it', async () => {
    const to = '+14155552671';
    aliyun.misbehave(to, 'illegal');
    expect((await failureOf(aliyun.config, message({ to }))).failure).toBe('refused');
    aliyun.misbehave(to, null);
  });

  test('no answer in time is unavailable', async () => {
    aliyun.misbehave(NUMBER, 'silence');
    const failure = await failureOf(aliyun.config, message(), { timeout: 50 });
    expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('within 50 ms') });
  });
});
