// The signature of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from 'node:crypto';

export interface WebhookRequest {
  /** `whsec_` and the key in base64. */
  readonly secret: string;
  readonly id: string;
  readonly at: Date;
  readonly body: string;
}

export function signWebhook({ secret, id, at, body }: WebhookRequest) {
  const seconds = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}
