// Webhooks of the fake: kept, told of what happens, by requests that are signed as the server's are.
import type { HappenedEvent } from '@authcenter/shared/acts';
import type { Webhook, WebhookDelivery } from '@authcenter/shared/schemas';
import { nextTry, subscribes } from '@authcenter/shared/webhooks';
import { newSecret } from '../random.ts';
import type { World } from '../world.ts';
import { recordSystemAct } from './acts.ts';

export interface WebhookRecord extends Webhook {
  /** The newest first. */
  readonly secrets: readonly { readonly secret: string; readonly expires_at: Date | null }[];
}

export interface DeliveryRecord extends WebhookDelivery {
  readonly webhook_id: string;
  readonly body: string;
  isUnderWay: boolean;
}

/** 256 random bits, in the form of Standard Webhooks. */
export const newWebhookSecret = (): string => `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(32)))}`;

/** Whoever subscribes is told; sent once the answer that it is about is on its way. */
export function publish(world: World, events: readonly HappenedEvent[]): void {
  const { webhooks, deliveries, clock, newId } = world;
  const now = clock.now();
  for (const { type, data } of events) {
    const concerned = [...webhooks.values()].filter((one) => one.enabled && subscribes(one.events, type));
    const event_id = `evt_${newSecret(16)}`;
    const body = JSON.stringify({ type, timestamp: now.toISOString(), data });
    for (const { id: webhook_id } of concerned) {
      const id = newId();
      const begun = {
        status: 'pending',
        attempts: 0,
        next_attempt_at: now,
        created_at: now,
        isUnderWay: false,
      } as const;
      const nothing = { last_attempt_at: null, last_status: null, last_error: null };
      deliveries.set(id, { id, webhook_id, event_id, type, body, ...begun, ...nothing });
    }
  }
  deliverDue(world);
}

/** Tries what is due by the fake's clock. */
export function deliverDue(world: World): void {
  const now = world.clock.now();
  for (const delivery of world.deliveries.values()) {
    const { webhook_id, next_attempt_at: due, isUnderWay } = delivery;
    const webhook = world.webhooks.get(webhook_id);
    if (!webhook?.enabled || isUnderWay || due === null || due > now) continue;
    delivery.isUnderWay = true;
    delivery.attempts++;
    const call = attempt(world, webhook, delivery).finally(() => world.webhookCalls.delete(call));
    world.webhookCalls.add(call);
  }
}

export async function settleDeliveries({ webhookCalls }: World): Promise<void> {
  while (webhookCalls.size > 0) await Promise.all(webhookCalls);
}

const GONE = 410;

async function attempt(world: World, { id }: WebhookRecord, delivery: DeliveryRecord): Promise<void> {
  // After the answer of the call that brought it about.
  await new Promise((resolve) => setTimeout(resolve));
  const webhook = world.webhooks.get(id);
  if (!webhook) return;
  const { status, error } = await send(world, webhook, delivery);
  const at = world.clock.now();
  const next = error === null || status === GONE ? null : nextTry(delivery.attempts, at, Math.random());
  const outcome = error === null ? 'delivered' : next === null ? 'failed' : 'pending';
  const noted = { last_attempt_at: at, last_status: status, last_error: error, next_attempt_at: next };
  Object.assign(delivery, noted, { status: outcome, isUnderWay: false });
  const now = world.webhooks.get(id);
  if (!now) return;
  const health = error === null ? null : (now.failing_since ?? at);
  if (status !== GONE || !now.enabled || now.url !== webhook.url) {
    world.webhooks.set(id, { ...now, failing_since: health });
    return;
  }
  const disabled = { enabled: false, disabled_reason: 'gone', version: now.version + 1, updated_at: at } as const;
  world.webhooks.set(id, { ...now, ...disabled, failing_since: health });
  recordSystemAct(world, {
    act: 'system.webhook_disabled',
    target: { kind: 'webhook', id },
    details: { reason: 'gone' },
  });
}

interface Outcome {
  readonly status: number | null;
  /** Null when it was taken. */
  readonly error: string | null;
}

/** By the scheme of Standard Webhooks, which libraries of that name verify. */
async function send(
  { clock, options }: World,
  { url, secrets }: WebhookRecord,
  { event_id: id, body }: DeliveryRecord,
): Promise<Outcome> {
  try {
    if (!options.webhookFetch) throw new Error('nobody is called: give the fake a webhookFetch');
    const now = clock.now();
    // The platform's, by which receivers hold it against replays; what happened when, the body tells by the fake's clock.
    const timestamp = String(Math.floor(Date.now() / 1000));
    const good = secrets.filter(({ expires_at }) => expires_at === null || expires_at > now);
    const signatures = await Promise.all(good.map(({ secret }) => sign(secret, `${id}.${timestamp}.${body}`)));
    const { status } = await options.webhookFetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatures.join(' '),
      },
      body,
    });
    return { status, error: status >= 200 && status < 300 ? null : `answered HTTP ${status}` };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : 'failed' };
  }
}

async function sign(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text));
  return `v1,${toBase64(new Uint8Array(mac))}`;
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
