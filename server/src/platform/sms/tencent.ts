// Tencent Cloud SMS: SendSms of 2021-01-11, by approved templates with positional values.
import type { SmsSenderOf } from '../../config/sms.ts';
import type { SmsFailure, SmsSender } from './sender.ts';
import { fillTemplate } from './templates.ts';
import { signTencentRequest } from './tencent-signature.ts';
import { askVendor, toSmsError, type VendorAnswer, type VendorDeps } from './vendor.ts';

export function createTencentSender(
  name: string,
  config: SmsSenderOf<'tencent'>,
  { clock, timeout }: VendorDeps,
): SmsSender {
  const endpoint = config.endpoint ?? 'https://sms.tencentcloudapi.com';
  return {
    name,
    async send(message) {
      const template = fillTemplate(config.templates, message);
      const body = JSON.stringify({
        SmsSdkAppId: config.app_id,
        SignName: config.sign_name,
        TemplateId: template.id,
        TemplateParamSet: template.values.map(({ value }) => value),
        PhoneNumberSet: [message.to],
        ...(message.id === undefined ? {} : { SessionContext: message.id }),
      });
      const signed = signTencentRequest({
        secretId: config.secret_id,
        secretKey: config.secret_key,
        service: 'sms',
        host: new URL(endpoint).host,
        body,
        at: clock.now(),
      });
      const answer = await askVendor(`${endpoint}/`, {
        headers: {
          ...signed,
          'x-tc-action': 'SendSms',
          'x-tc-version': '2021-01-11',
          'x-tc-region': config.region ?? 'ap-guangzhou',
        },
        body,
        timeout,
      });
      checkAnswer(answer);
    },
  };
}

/** HTTP 200 says nothing: an error stands in its place, or in the status of the one number. */
function checkAnswer({ status, body }: VendorAnswer): void {
  const response = asObject(body?.Response);
  const error = asObject(response.Error);
  const statuses = Array.isArray(response.SendStatusSet) ? response.SendStatusSet.map(asObject) : [];
  const failed = statuses.find(({ Code }) => Code !== 'Ok');
  if (status === 200 && error.Code === undefined && statuses.length > 0 && failed === undefined) return;
  throw toSmsError({ status, code: error.Code ?? failed?.Code, requestId: response.RequestId }, judge);
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function judge(code: string): SmsFailure {
  if (code === 'InvalidParameterValue.IncorrectPhoneNumber') return 'illegal_number';
  return /^(InternalError|RequestLimitExceeded|ServiceUnavailable|ResourceUnavailable)/.test(code)
    ? 'unavailable'
    : 'refused';
}
