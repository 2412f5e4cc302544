// A fake of a webhook that sends text messages: verifies what Standard Webhooks asks a receiver to verify.
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type FakeOptions, type FakeReply, type FakeRequest, type FakeState, headerOf, startFake } from './fake.ts';

const SECRET = `whsec_${Buffer.from('a key of 32 bytes for the fake!!').toString('base64')}`;
const TOLERANCE_SECONDS = 300;

/**
 * @example
 * const webhook = await startFakeSmsWebhook({ port: 9104 });
 * // sms.senders: [webhook.config]
 */
export const startFakeSmsWebhook = (options: FakeOptions = {}) =>
  startFake(options, answer, (url) => ({ kind: 'webhook' as const, url: `${url}/sms`, secret: SECRET }));

const Body = z.object({
  type: z.literal('sms.send'),
  timestamp: z.iso.datetime(),
  data: z.object({
    to: z.string().regex(/^\+[1-9]\d{6,14}$/),
    template: z.string(),
    language: z.enum(['zh', 'en']),
    values: z.record(z.string(), z.string()),
    text: z.string().min(1),
  }),
});

const refuse = (status: number, code: string, message: string): FakeReply => ({
  status,
  body: { error: { code, message } },
});

function answer(request: FakeRequest, { messages, orders, now }: FakeState): FakeReply | 'silence' {
  if (request.method !== 'POST' || request.target !== '/sms') return refuse(404, 'not_found', 'nothing is here');
  const [id, seconds, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    headerOf(request, `webhook-${name}`),
  );
  const skew = Math.abs(Math.floor(now().getTime() / 1000) - Number(seconds));
  if (!/^\d+$/.test(seconds ?? '') || skew > TOLERANCE_SECONDS)
    return refuse(401, 'refused', 'the timestamp is too old or too new');
  const signed = Buffer.concat([Buffer.from(`${id}.${seconds}.`), request.body]);
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  if (!id || !signatures?.split(' ').includes(expected)) return refuse(401, 'refused', 'the signature does not match');

  const body = Body.safeParse(JSON.parse(request.body.toString()));
  if (!body.success) return refuse(400, 'refused', 'the body does not fit');
  const { to, values, text } = body.data.data;
  const order = orders.get(to);
  if (order === 'silence') return order;
  if (order === 'error') return refuse(500, 'failed', 'the machine is broken');
  if (order === 'limit') return refuse(422, 'refused', `${to} had its share`);
  if (order === 'illegal') return refuse(422, 'illegal_number', `${to} is no number`);
  if (order !== undefined) return refuse(200, order.code, `${to} gets nothing`);
  // Tried again: it is here already.
  if (!messages.some((message) => message.id === id)) messages.push({ to, text, values, id });
  return { status: 202, body: {} };
}
