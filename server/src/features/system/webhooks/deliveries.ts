// system.webhooks.deliveries and replay: what became of each telling, and telling again.
import type { ListWebhookDeliveriesInput, ReplayWebhookInput, WebhookDelivery, WebhookEvent } from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import { afterCommit } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { DeliveryDocument } from './deliveries-repository.ts';

/** What one transaction bears. */
const MOST_AT_ONCE = 10_000;

export async function listWebhookDeliveries(
  ctx: Ctx<'webhooks' | 'webhookDeliveries'>,
  { id, status, limit, cursor, with_total: withTotal }: ListWebhookDeliveriesInput,
) {
  if (!(await ctx.webhooks.find(id))) fail('NOT_FOUND');
  return toPage(await ctx.webhookDeliveries.list({ webhookId: id, status, limit, cursor, withTotal }), toDelivery);
}

/**
 * What is under way is left alone; a disabled webhook gets it once it is enabled.
 *
 * @throws AppError NOT_FOUND; INVALID_TRANSITION for a delivery that is under way; VALIDATION_FAILED when there are too many
 */
export async function replayWebhook(
  ctx: Ctx<'webhooks' | 'webhookDeliveries' | 'webhookWorker' | 'clock' | 'transact' | 'audit' | 'log'>,
  { id, delivery_id: deliveryId, since, only_failed: onlyFailed }: ReplayWebhookInput,
): Promise<{ count: number }> {
  if (!(await ctx.webhooks.find(id))) fail('NOT_FOUND');
  return ctx.transact(async (tx) => {
    const which = { id: deliveryId, since, onlyFailed };
    const ids = await ctx.webhookDeliveries.listEnded(id, which, MOST_AT_ONCE + 1, tx);
    if (deliveryId !== undefined && ids.length === 0) await refuseDelivery(ctx, id, deliveryId);
    if (ids.length > MOST_AT_ONCE)
      fail('VALIDATION_FAILED', { errors: [{ path: 'since', message: `names more than ${MOST_AT_ONCE} deliveries` }] });
    if (ids.length === 0) return { count: 0 };
    await ctx.webhookDeliveries.sendAgain(ids, ctx.clock.now(), tx);
    afterCommit(tx, () => ctx.webhookWorker.wake());
    await recordAct(ctx, tx, {
      act: 'system.webhook_replayed',
      target: { kind: 'webhook', id },
      details: { count: ids.length, delivery_id: deliveryId ?? null, since: since ?? null },
    });
    return { count: ids.length };
  });
}

async function refuseDelivery(ctx: Ctx<'webhookDeliveries'>, webhookId: string, deliveryId: string): Promise<never> {
  const exists = await ctx.webhookDeliveries.exists(webhookId, deliveryId);
  return exists ? fail('INVALID_TRANSITION', { detail: 'It is under way already' }) : fail('NOT_FOUND');
}

const toDelivery = (delivery: DeliveryDocument): WebhookDelivery => ({
  id: delivery._id.toHexString(),
  event_id: delivery.event_id,
  type: delivery.type as WebhookEvent,
  status: delivery.status,
  attempts: delivery.attempts,
  last_attempt_at: delivery.last_attempt_at,
  last_status: delivery.last_status,
  last_error: delivery.last_error,
  next_attempt_at: delivery.due_at ?? null,
  created_at: delivery.created_at,
});
