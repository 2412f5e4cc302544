// A fake of Alibaba Cloud SMS (SendSms of 2017-05-25).
import { randomUUID } from 'node:crypto';
import { judgeAliyunRequest } from './aliyun-signature.ts';
import { type FakeOptions, type FakeReply, type FakeRequest, type FakeState, headerOf, startFake } from './fake.ts';

const KEY = { id: 'LTAI5tFakeAccessKeyId', secret: 'FakeAccessKeySecret' };
const SIGN_NAME = '认证中心';

/** What was approved; the vendor writes `${code}`. */
const TEMPLATES: Readonly<Record<string, string>> = {
  SMS_100000001: '您的验证码为{code}，{minutes}分钟内有效，请勿泄露于他人！',
  SMS_100000002: 'Your verification code is {code}, good for {minutes} minutes.',
  SMS_100000003: '账号{username}因多次登录失败已被暂时锁定。',
  SMS_100000004: '账号{username}的登录令牌被重复使用，会话已终止。',
  SMS_100000005: '账号{username}刚在新设备上登录。',
  SMS_100000006: '账号{username}的登录信息已变更。',
};

/**
 * @example
 * const aliyun = await startFakeAliyunSms({ port: 9101 });
 * // sms.senders: [aliyun.config]
 */
export const startFakeAliyunSms = (options: FakeOptions = {}) => {
  const nonces = new Set<string>();
  return startFake(
    options,
    (request, state) => judgeRequest(request, state.now(), nonces) ?? sendSms(request, state),
    (url) => ({
      kind: 'aliyun' as const,
      access_key_id: KEY.id,
      access_key_secret: KEY.secret,
      sign_name: SIGN_NAME,
      endpoint: url,
      templates: {
        code: 'SMS_100000001',
        code_en: 'SMS_100000002',
        account_locked: 'SMS_100000003',
        refresh_reuse: 'SMS_100000004',
        new_device: 'SMS_100000005',
        credentials_changed: 'SMS_100000006',
      },
    }),
  );
};

/** What the gateway refuses, before the service sees it: by HTTP status. */
function judgeRequest(request: FakeRequest, now: Date, nonces: Set<string>): FakeReply | null {
  const refusal = judgeAliyunRequest(request, { key: KEY, now, nonces });
  if (refusal !== null) return gatewayError(refusal.status, refusal.code, refusal.message);
  if (headerOf(request, 'x-acs-action') !== 'SendSms')
    return gatewayError(404, 'InvalidAction.NotFound', 'Specified api is not found, please check your url and method.');
  if (headerOf(request, 'x-acs-version') !== '2017-05-25')
    return gatewayError(400, 'InvalidVersion', 'Specified parameter Version is not valid.');
  return null;
}

const gatewayError = (status: number, code: string, message: string): FakeReply => ({
  status,
  body: { RequestId: randomUUID().toUpperCase(), HostId: 'dysmsapi.aliyuncs.com', Code: code, Message: message },
});

/** What the service says, good or bad, comes with HTTP 200. */
const answer = (code: string, message: string, fields: object = {}): FakeReply => ({
  status: 200,
  body: { Message: message, RequestId: randomUUID().toUpperCase(), Code: code, ...fields },
});

function sendSms(request: FakeRequest, { messages, orders }: FakeState): FakeReply | 'silence' {
  const fields = new URL(request.target, 'http://fake').searchParams;
  const number = fields.get('PhoneNumbers') ?? '';
  const to = readNumber(number);
  if (to === null) return answer('isv.MOBILE_NUMBER_ILLEGAL', `${number}invalid mobile number`);
  const order = orders.get(to);
  if (order === 'silence') return order;
  if (order === 'error') return gatewayError(500, 'InternalError', 'The request processing has failed.');
  if (order === 'limit') return answer('isv.BUSINESS_LIMIT_CONTROL', '触发分钟级流控Permits:1');
  if (order === 'illegal') return answer('isv.MOBILE_NUMBER_ILLEGAL', `${number}invalid mobile number`);
  if (order !== undefined) return answer(order.code, `refused for ${number}`);

  if (fields.get('SignName') !== SIGN_NAME) return answer('isv.SMS_SIGNATURE_ILLEGAL', '该账号下找不到对应签名');
  const template = TEMPLATES[fields.get('TemplateCode') ?? ''];
  if (template === undefined) return answer('isv.SMS_TEMPLATE_ILLEGAL', '该账号下找不到对应模板');
  const values = readValues(fields.get('TemplateParam'));
  if (values === null) return answer('isv.INVALID_JSON_PARAM', 'JSON参数不合法，只接受字符串值');
  const missing = [...template.matchAll(/\{(\w+)\}/g)].find(([, name = '']) => values[name] === undefined);
  if (missing) return answer('isv.TEMPLATE_MISSING_PARAMETERS', `模板变量缺少对应参数值${missing[1]}`);
  const text = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  messages.push({ to, text: `【${SIGN_NAME}】${text}`, values, id: fields.get('OutId') });
  return answer('OK', 'OK', { BizId: `${Date.now()}^0` });
}

/** Eleven digits are the mainland's; anything else is country code and number, with or without 00. E.164, or null. */
function readNumber(number: string): string | null {
  if (/^1[3-9]\d{9}$/.test(number)) return `+86${number}`;
  const digits = /^(?:00)?([1-9]\d{6,14})$/.exec(number)?.[1];
  return digits === undefined || /^86(?!1[3-9]\d{9}$)/.test(digits) ? null : `+${digits}`;
}

/** Null unless it is an object of strings. */
function readValues(json: string | null): Record<string, string> | null {
  try {
    const entries = Object.entries(JSON.parse(json ?? '{}') as object);
    return entries.every(([, value]) => typeof value === 'string') ? Object.fromEntries(entries) : null;
  } catch {
    return null;
  }
}
