// A fake of Tencent Cloud SMS (SendSms of 2021-01-11).
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
  type FakeState,
  headerOf,
  type Misbehaviour,
  startFake,
} from './fake.ts';
import { judgeTencentRequest } from './tencent-signature.ts';

const KEY = { id: 'AKIDfakeSecretId', secret: 'FakeSecretKey' };
const APP_ID = '1400006666';
const SIGN_NAME = '认证中心';

/** What was approved. */
const TEMPLATES: Readonly<Record<string, string>> = {
  '1100001': '您的验证码是{1}，{2}分钟内有效，如非本人操作，请忽略本短信。',
  '1100002': 'Your verification code is {1}.',
  '1100003': '账号{1}因多次登录失败已被暂时锁定。',
  '1100004': '账号{1}的登录令牌被重复使用，会话已终止。',
  '1100005': '账号{1}刚在新设备上登录。',
  '1100006': '账号{1}的登录信息已变更。',
};

/**
 * @example
 * const tencent = await startFakeTencentSms({ port: 9102 });
 * // sms.senders: [tencent.config]
 */
export const startFakeTencentSms = (options: FakeOptions = {}) =>
  startFake(options, answer, (url) => ({
    kind: 'tencent' as const,
    secret_id: KEY.id,
    secret_key: KEY.secret,
    app_id: APP_ID,
    sign_name: SIGN_NAME,
    endpoint: url,
    templates: {
      code: '1100001',
      code_en: { id: '1100002', values: ['code'] },
      account_locked: '1100003',
      refresh_reuse: '1100004',
      new_device: '1100005',
      credentials_changed: '1100006',
    },
  }));

const Body = z.object({
  PhoneNumberSet: z.array(z.string()).min(1),
  SmsSdkAppId: z.string(),
  TemplateId: z.string(),
  SignName: z.string().optional(),
  TemplateParamSet: z.array(z.string()).default([]),
  SessionContext: z.string().default(''),
});

/** Good or bad, HTTP 200. */
const respond = (response: object): FakeReply => ({
  status: 200,
  body: { Response: { ...response, RequestId: randomUUID() } },
});
const refuse = (Code: string, Message: string): FakeReply => respond({ Error: { Code, Message } });

function answer(request: FakeRequest, state: FakeState): FakeReply | 'silence' {
  const refusal = judgeTencentRequest(request, { key: KEY, now: state.now() });
  if (refusal !== null) return refuse(...refusal);
  if (headerOf(request, 'x-tc-action') !== 'SendSms') return refuse('InvalidAction', 'The action does not exist.');
  if (headerOf(request, 'x-tc-version') !== '2021-01-11') return refuse('NoSuchVersion', 'The version does not exist.');
  if (headerOf(request, 'x-tc-region') === '')
    return refuse('MissingParameter', 'The request is missing a required parameter `Region`.');
  const body = Body.safeParse(readJson(request.body));
  if (!body.success) return refuse('InvalidParameter', body.error.issues[0]?.message ?? '');
  if (body.data.SmsSdkAppId !== APP_ID)
    return refuse('UnauthorizedOperation.SmsSdkAppIdVerifyFail', 'Failed to verify `SmsSdkAppId`.');

  const orders = body.data.PhoneNumberSet.map((number) => state.orders.get(number));
  if (orders.includes('silence')) return 'silence';
  if (orders.includes('error')) return { status: 500, body: { message: 'bad gateway' } };
  return respond({ SendStatusSet: body.data.PhoneNumberSet.map((number) => sendTo(number, body.data, state)) });
}

function sendTo(number: string, body: z.output<typeof Body>, { messages, orders }: FakeState): object {
  const code = refusalOf(number, orders.get(number), body);
  if (code === null) {
    const values = Object.fromEntries(body.TemplateParamSet.map((value, place) => [String(place + 1), value]));
    const text = (TEMPLATES[body.TemplateId] ?? '').replaceAll(/\{(\d+)\}/g, (_, place: string) => values[place] ?? '');
    messages.push({ to: number, text: `【${SIGN_NAME}】${text}`, values, id: body.SessionContext || null });
  }
  return {
    SerialNo: code === null ? `2433:${Date.now()}` : '',
    PhoneNumber: number,
    Fee: code === null ? 1 : 0,
    SessionContext: body.SessionContext,
    Code: code ?? 'Ok',
    Message: code === null ? 'send success' : `${number} was refused`,
    IsoCode: 'CN',
  };
}

function refusalOf(number: string, order: Misbehaviour | undefined, body: z.output<typeof Body>): string | null {
  if (order === 'illegal' || !/^\+[1-9]\d{6,14}$/.test(number)) return 'InvalidParameterValue.IncorrectPhoneNumber';
  if (order === 'limit') return 'LimitExceeded.PhoneNumberDailyLimit';
  if (typeof order === 'object') return order.code;
  if (body.SignName !== SIGN_NAME) return 'FailedOperation.SignatureIncorrectOrUnapproved';
  const places = TEMPLATES[body.TemplateId]?.match(/\{\d+\}/g)?.length;
  if (places === undefined) return 'FailedOperation.TemplateIncorrectOrUnapproved';
  return places === body.TemplateParamSet.length ? null : 'FailedOperation.TemplateParamSetNotMatchApprovedTemplate';
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
