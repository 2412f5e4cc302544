// Any HTTP server that sends text messages: it gets the message as signed JSON.
import { randomUUID } from 'node:crypto';
import type { SmsSenderOf } from '../../config/sms.ts';
import { signWebhook } from '../webhook-signature.ts';
import { SmsError, type SmsFailure, type SmsSender } from './sender.ts';
import { askVendor, type VendorAnswer, type VendorDeps } from './vendor.ts';

/**
 * Posts `{ type: 'sms.send', timestamp, data: { to, template, language, values, text } }`. Any 2xx means that it was taken, unless
 * its JSON has an `error`. `{ error: { code: 'illegal_number' | 'refused' | 'unavailable' } }` says more than a status can.
 */
export function createWebhookSender(
  name: string,
  { url, secret }: SmsSenderOf<'webhook'>,
  { clock, timeout }: VendorDeps,
): SmsSender {
  return {
    name,
    async send({ id = randomUUID(), to, template, language, values, text }) {
      const at = clock.now();
      const data = { to, template, language, values, text };
      const body = JSON.stringify({ type: 'sms.send', timestamp: at.toISOString(), data });
      const headers = { 'content-type': 'application/json', ...signWebhook({ secret, id, at, body }) };
      checkAnswer(await askVendor(url, { headers, body, timeout }));
    },
  };
}

const FAILURES: readonly SmsFailure[] = ['illegal_number', 'refused', 'unavailable'];

function checkAnswer({ status, body }: VendorAnswer): void {
  const error = body?.error ?? null;
  if (status >= 200 && status < 300 && error === null) return;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  const isDown = status >= 500 || status === 408 || status === 429;
  const failure = FAILURES.find((known) => known === code) ?? (isDown ? 'unavailable' : 'refused');
  throw new SmsError(failure, `the webhook answered HTTP ${status}`);
}
