// A fake of Twilio's Messages resource (2010-04-01).
import { randomBytes } from 'node:crypto';
import { type FakeOptions, type FakeReply, type FakeRequest, type FakeState, headerOf, startFake } from './fake.ts';

const ACCOUNT = { sid: 'ACf0000000000000000000000000000000', token: 'fake0000auth0000token00000000000' };
const FROM = '+15005550006';

/**
 * @example
 * const twilio = await startFakeTwilio({ port: 9103 });
 * // sms.senders: [twilio.config]
 */
export const startFakeTwilio = (options: FakeOptions = {}) =>
  startFake(options, answer, (url) => ({
    kind: 'twilio' as const,
    account_sid: ACCOUNT.sid,
    auth_token: ACCOUNT.token,
    from: FROM,
    endpoint: url,
  }));

const refuse = (status: number, code: number, message: string): FakeReply => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});

function answer(request: FakeRequest, state: FakeState): FakeReply | 'silence' {
  const credentials = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headerOf(request, 'authorization'))?.[1] ?? '';
  if (Buffer.from(credentials, 'base64').toString() !== `${ACCOUNT.sid}:${ACCOUNT.token}`)
    return refuse(401, 20003, 'Authenticate');
  if (request.method !== 'POST' || request.target !== `/2010-04-01/Accounts/${ACCOUNT.sid}/Messages.json`)
    return refuse(404, 20404, `The requested resource ${request.target} was not found`);
  if (!headerOf(request, 'content-type').startsWith('application/x-www-form-urlencoded'))
    return refuse(400, 21604, "A 'To' phone number is required.");
  return send(new URLSearchParams(request.body.toString()), state);
}

function send(form: URLSearchParams, { messages, orders, now }: FakeState): FakeReply | 'silence' {
  const [to, text, from, service] = ['To', 'Body', 'From', 'MessagingServiceSid'].map((name) => form.get(name));
  if (!to) return refuse(400, 21604, "A 'To' phone number is required.");
  const order = orders.get(to);
  if (order === 'silence') return order;
  if (order === 'error') return refuse(500, 20500, 'Internal Server Error');
  if (order === 'limit') return refuse(429, 20429, 'Too Many Requests');
  if (order === 'illegal' || !/^\+[1-9]\d{6,14}$/.test(to))
    return refuse(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
  if (order !== undefined) return refuse(400, Number(order.code), `Refused for ${to}`);
  if (!text) return refuse(400, 21602, 'Message body is required.');
  if (!from && !service) return refuse(400, 21603, "A 'From' phone number is required.");
  if (from && from !== FROM) return refuse(400, 21606, `The 'From' phone number ${from} is not a valid number.`);

  messages.push({ to, text, values: {}, id: null });
  return {
    status: 201,
    body: {
      account_sid: ACCOUNT.sid,
      sid: `SM${randomBytes(16).toString('hex')}`,
      api_version: '2010-04-01',
      status: from ? 'queued' : 'accepted',
      to,
      from: from ?? null,
      messaging_service_sid: service ?? null,
      body: text,
      date_created: now().toUTCString(),
      error_code: null,
      error_message: null,
    },
  };
}
