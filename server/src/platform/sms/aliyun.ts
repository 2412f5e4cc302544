// Alibaba Cloud SMS: SendSms of 2017-05-25, by approved templates with named values.
import { randomUUID } from 'node:crypto';
import type { SmsSenderOf } from '../../config/sms.ts';
import { signAliyunRequest } from './aliyun-signature.ts';
import type { SmsFailure, SmsSender } from './sender.ts';
import { fillTemplate } from './templates.ts';
import { askVendor, toSmsError, type VendorDeps } from './vendor.ts';

export function createAliyunSender(
  name: string,
  config: SmsSenderOf<'aliyun'>,
  { clock, timeout }: VendorDeps,
): SmsSender {
  const endpoint = config.endpoint ?? 'https://dysmsapi.aliyuncs.com';
  return {
    name,
    async send(message) {
      const template = fillTemplate(config.templates, message);
      const { query, headers } = signAliyunRequest({
        accessKeyId: config.access_key_id,
        accessKeySecret: config.access_key_secret,
        host: new URL(endpoint).host,
        action: 'SendSms',
        version: '2017-05-25',
        query: {
          RegionId: config.region ?? 'cn-hangzhou',
          PhoneNumbers: toAliyunNumber(message.to),
          SignName: config.sign_name,
          TemplateCode: template.id,
          TemplateParam: JSON.stringify(Object.fromEntries(template.values.map(({ name, value }) => [name, value]))),
          ...(message.id === undefined ? {} : { OutId: message.id }),
        },
        at: clock.now(),
        nonce: randomUUID(),
      });
      const { status, body } = await askVendor(`${endpoint}/?${query}`, {
        headers: { ...headers, accept: 'application/json' },
        timeout,
      });
      if (status === 200 && body?.Code === 'OK') return;
      throw toSmsError({ status, code: body?.Code, requestId: body?.RequestId }, (code) => judge(code, message.to));
    },
  };
}

/**
 * Mainland numbers as their eleven digits, others as country code and number. Most numbers of North America would then read as
 * somebody's in the mainland (+1 415… and 141 5…), so these keep the 00 of the vendor's older form.
 */
function toAliyunNumber(e164: string): string {
  const digits = e164.slice(1);
  if (/^861[3-9]\d{9}$/.test(digits)) return digits.slice(2);
  return /^1[3-9]\d{9}$/.test(digits) ? `00${digits}` : digits;
}

/** Abroad an illegal number may be one that this template does not reach; another sender may. */
function judge(code: string, to: string): SmsFailure {
  if (code === 'isv.MOBILE_NUMBER_ILLEGAL') return to.startsWith('+86') ? 'illegal_number' : 'refused';
  return /^(isp\.SYSTEM_ERROR|Throttling|ServiceUnavailable|InternalError)/.test(code) ? 'unavailable' : 'refused';
}
