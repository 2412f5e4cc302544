// Twilio: the whole text as a form, to the Messages resource of 2010-04-01.
import type { SmsSenderOf } from '../../config/sms.ts';
import type { SmsFailure, SmsSender } from './sender.ts';
import { askVendor, toSmsError, type VendorDeps } from './vendor.ts';

export function createTwilioSender(name: string, config: SmsSenderOf<'twilio'>, { timeout }: VendorDeps): SmsSender {
  const { account_sid: sid, auth_token: token, from, messaging_service_sid: service } = config;
  const url = `${config.endpoint ?? 'https://api.twilio.com'}/2010-04-01/Accounts/${sid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${sid}:${token}`).toString('base64')}`;
  return {
    name,
    async send({ to, text }) {
      const { status, body } = await askVendor(url, {
        headers: { authorization },
        body: new URLSearchParams({
          To: to,
          Body: text,
          ...(from === undefined ? {} : { From: from }),
          ...(service === undefined ? {} : { MessagingServiceSid: service }),
        }),
        timeout,
      });
      // A message that was taken can carry an error of its own.
      const isTaken = status >= 200 && status < 300 && typeof body?.sid === 'string';
      if (isTaken && (body.error_code ?? null) === null) return;
      throw toSmsError({ status, code: isTaken ? body.error_code : body?.code }, judge);
    },
  };
}

/** Not a number; does not look like one; not one that gets text messages. */
const ILLEGAL_NUMBER = ['21211', '21217', '21614'];

const judge = (code: string): SmsFailure => (ILLEGAL_NUMBER.includes(code) ? 'illegal_number' : 'refused');
