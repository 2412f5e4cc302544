// One try to deliver: signed by the Standard Webhooks scheme, sent, and noted with what became of it.

import { nextTry } from '@authcenter/shared/webhooks';
import type { Deps } from '../../../deps.ts';
import { recordSystemAct } from '../../../platform/audit.ts';
import type { SendToStranger } from '../../../platform/strangers.ts';
import { signWebhook } from '../../../platform/webhook-signature.ts';
import type { DeliveryDocument } from './deliveries-repository.ts';
import type { WebhookDocument } from './repository.ts';

export type AttemptDeps = Pick<
  Deps,
  'webhooks' | 'webhookDeliveries' | 'envelope' | 'clock' | 'transact' | 'audit' | 'log'
> & { readonly sendToStranger: SendToStranger };

const GONE = 410;
/** For what was in hand when its webhook was disabled: looked at again once it may have been enabled. */
const ASIDE = 60_000;

export async function attemptDelivery(deps: AttemptDeps, delivery: DeliveryDocument, stop: AbortSignal): Promise<void> {
  const { webhooks, webhookDeliveries, clock } = deps;
  const webhook = await webhooks.find(delivery.webhook_id.toHexString());
  if (!webhook?.enabled) return webhookDeliveries.giveBack(delivery, new Date(clock.now().getTime() + ASIDE));
  const outcome = await send(deps, webhook, delivery, stop);
  const at = clock.now();
  if (stop.aborted && outcome.status === null) return webhookDeliveries.giveBack(delivery, at);
  const taken = outcome.error === null;
  const gone = outcome.status === GONE;
  const next = taken || gone ? null : nextTry(delivery.attempts, at, Math.random());
  await webhookDeliveries.settle(delivery, { at, ...outcome, next });
  if (gone) await disable(deps, webhook, at);
  if (taken !== (webhook.failing_since === null)) await webhooks.noteHealth(webhook._id, taken ? null : at);
  if (!taken && next === null)
    deps.log.error.error(
      { webhook_id: webhook._id, event_id: delivery.event_id, ...outcome },
      'a webhook was not told of an event: given up',
    );
}

interface Outcome {
  readonly status: number | null;
  /** Null when it was taken. */
  readonly error: string | null;
}

async function send(
  { clock, envelope, sendToStranger }: AttemptDeps,
  webhook: WebhookDocument,
  { event_id: id, body }: DeliveryDocument,
  stop: AbortSignal,
): Promise<Outcome> {
  try {
    const at = clock.now();
    const secrets = await Promise.all(listSecrets(webhook, at).map((sealed) => envelope.open(sealed)));
    const signed = secrets.map((secret) => signWebhook({ secret: new TextDecoder().decode(secret), id, at, body }));
    const headers = {
      'content-type': 'application/json',
      ...signed[0],
      'webhook-signature': signed.map((one) => one['webhook-signature']).join(' '),
    };
    const status = await sendToStranger(webhook.url, { headers, body, signal: stop });
    return { status, error: status >= 200 && status < 300 ? null : `answered HTTP ${status}` };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message.slice(0, 200) : 'failed' };
  }
}

/** The newest first. */
function listSecrets({ secret, previous_secret, previous_expires_at }: WebhookDocument, now: Date): string[] {
  const isKept = previous_secret !== undefined && (previous_expires_at?.getTime() ?? 0) > now.getTime();
  return isKept ? [secret, previous_secret] : [secret];
}

async function disable(deps: AttemptDeps, { _id, url }: WebhookDocument, now: Date): Promise<void> {
  await deps.transact(async (tx) => {
    if (!(await deps.webhooks.disable(_id, url, now, tx))) return;
    await recordSystemAct(deps, tx, {
      act: 'system.webhook_disabled',
      target: { kind: 'webhook', id: _id.toHexString() },
      details: { reason: 'gone' },
    });
  });
}
