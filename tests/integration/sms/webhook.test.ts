// A webhook that sends text messages: what arrives there, signed as Standard Webhooks has it, and what its answers mean.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startFake } from '../../../scripts/fakes/sms/fake.ts';
import { startFakeSmsWebhook } from '../../../scripts/fakes/sms/webhook.ts';
import { CODE, clockOff, failureOf, message, NUMBER, send, startMiddleman, useDatabase } from './harness.ts';

useDatabase();
let webhook: Awaited<ReturnType<typeof startFakeSmsWebhook>>;
beforeAll(async () => {
  webhook = await startFakeSmsWebhook();
});
afterAll(() => webhook.close());
beforeEach(() => webhook.misbehave(NUMBER, null));

describe('a message', () => {
  test('arrives with text and values', async () => {
    await send(webhook.config, message({ id: 'record_1' }));
    expect(webhook.messages.at(-1)).toEqual({
      to: NUMBER,
      text: `【AuthCenter】您的验证码是 ${CODE}，5 分钟内有效。如非本人操作，请忽略本短信。`,
      values: { code: CODE, minutes: '5' },
      id: 'record_1',
    });
  });

  test('that is tried again bears the same id; others bear ids of their own', async () => {
    const before = webhook.messages.length;
    await send(webhook.config, message({ id: 'record_2' }));
    await send(webhook.config, message({ id: 'record_2' }));
    expect(webhook.messages).toHaveLength(before + 1);
    await send(webhook.config);
    await send(webhook.config);
    expect(webhook.messages).toHaveLength(before + 3);
  });
});

describe('the receiver refuses', () => {
  test('a wrong secret', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const failure = await failureOf({ ...webhook.config, secret });
    expect(failure).toMatchObject({ failure: 'refused', message: 'the webhook answered HTTP 401' });
  });

  test('an old clock', async () => {
    expect((await failureOf(webhook.config, message(), { clock: clockOff(-360) })).message).toContain('HTTP 401');
  });

  test.each([
    ['another number', { body: [NUMBER, '+8613900139000'] }],
    ['another id', { header: ['webhook-id', 'other'] }],
    ['another time', { header: ['webhook-timestamp', String(Math.floor(Date.now() / 1000) + 60)] }],
    ['nothing', {}],
  ] as const)(
    'a request into which somebody put %s',
    async (what, change: { body?: readonly string[]; header?: readonly string[] }) => {
      const url = await startMiddleman(webhook.url, (request, pass) => {
        const [from = '', to = ''] = change.body ?? [];
        const [name = 'x-nothing', value = ''] = change.header ?? [];
        return pass({
          ...request,
          body: request.body.replace(from, to),
          headers: { ...request.headers, [name]: value },
        });
      });
      const entry = { ...webhook.config, url: `${url}/sms` };
      if (what === 'nothing') return send(entry);
      expect((await failureOf(entry)).failure).toBe('refused');
    },
  );
});

describe('an answer', () => {
  test.each([
    ['limit', 'refused'],
    ['illegal', 'illegal_number'],
    ['error', 'unavailable'],
    [{ code: 'unavailable' }, 'unavailable'],
    [{ code: 'something else' }, 'refused'],
  ] as const)('%j is %s', async (how, failure) => {
    webhook.misbehave(NUMBER, how);
    expect((await failureOf(webhook.config)).failure).toBe(failure);
  });

  test('that does not come in time is unavailable', async () => {
    webhook.misbehave(NUMBER, 'silence');
    expect((await failureOf(webhook.config, message(), { timeout: 50 })).failure).toBe('unavailable');
  });

  test.each([
    [204, null],
    [200, 'ok'],
    [200, { error: null }],
  ])('of HTTP %d %j means taken', async (status, body) => {
    const odd = await startFake(
      {},
      () => ({ status, body }),
      (url) => ({ ...webhook.config, url }),
    );
    onTestFinished(() => odd.close());
    await send(odd.config);
  });

  test.each([
    [302, 'refused'],
    [408, 'unavailable'],
    [429, 'unavailable'],
    [503, 'unavailable'],
  ])('of HTTP %d is %s', async (status, failure) => {
    const odd = await startFake(
      {},
      () => ({ status, body: {} }),
      (url) => ({ ...webhook.config, url }),
    );
    onTestFinished(() => odd.close());
    expect((await failureOf(odd.config)).failure).toBe(failure);
  });
});
