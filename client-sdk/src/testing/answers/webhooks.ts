// system.webhooks: made, changed, given new secrets, removed; what became of each telling, and telling again.

import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { newestFirst, toPage } from '../page.ts';
import { recordAct } from '../record/acts.ts';
import { type DeliveryRecord, deliverDue, newWebhookSecret, type WebhookRecord } from '../record/webhooks.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';

/** Each is looked at whenever something happens. */
const MOST_WEBHOOKS = 50;

// Unlike the server it calls any address: what is called is the test's own.
export const webhookAnswers = {
  'system.webhooks.list': ({ webhooks }, input) => toPage(newestFirst(webhooks.values()), input, (webhook) => webhook),

  'system.webhooks.get': ({ webhooks }, { id }) => webhooks.get(id) ?? refuse('NOT_FOUND'),

  'system.webhooks.create': (world, input, call) => {
    if (world.webhooks.size >= MOST_WEBHOOKS) refuse('VALIDATION_FAILED');
    const now = world.clock.now();
    const secret = newWebhookSecret();
    const webhook = save(world, {
      id: world.newId(),
      ...input,
      disabled_reason: null,
      failing_since: null,
      secrets: [{ secret, expires_at: null }],
      version: 1,
      created_at: now,
      updated_at: now,
    });
    record(world, call, 'system.webhook_created', webhook.id, describe(input));
    return { webhook, secret };
  },

  'system.webhooks.update': (world, { id, version, ...given }, call) => {
    const before = world.webhooks.get(id) ?? refuse('NOT_FOUND');
    if (before.version !== version) refuse('VERSION_CONFLICT');
    const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    // What was wrong with it is the past: it was mended, or is told nothing.
    const anew =
      given.url !== undefined || given.enabled !== undefined ? { disabled_reason: null, failing_since: null } : {};
    const webhook = save(world, { ...grow(world, before), ...fields, ...anew });
    record(world, call, 'system.webhook_updated', id, describe(given));
    deliverDue(world);
    return webhook;
  },

  'system.webhooks.rotateSecret': (world, { id, keep_old_for }, call) => {
    const before = world.webhooks.get(id) ?? refuse('NOT_FOUND');
    const until = new Date(world.clock.now().getTime() + keep_old_for * 1000);
    const secret = newWebhookSecret();
    const old = keep_old_for > 0 ? before.secrets.slice(0, 1).map((one) => ({ ...one, expires_at: until })) : [];
    save(world, { ...grow(world, before), secrets: [{ secret, expires_at: null }, ...old] });
    record(world, call, 'system.webhook_secret_rotated', id, { keep_old_for });
    return { secret };
  },

  'system.webhooks.delete': (world, { id }, call) => {
    if (!world.webhooks.delete(id)) refuse('NOT_FOUND');
    for (const delivery of listOf(world, id)) world.deliveries.delete(delivery.id);
    record(world, call, 'system.webhook_deleted', id);
  },

  'system.webhooks.deliveries': (world, { id, status, ...page }) => {
    if (!world.webhooks.has(id)) refuse('NOT_FOUND');
    const wanted = listOf(world, id).filter((delivery) => (status ?? delivery.status) === delivery.status);
    return toPage(newestFirst(wanted), page, (delivery) => delivery);
  },

  'system.webhooks.replay': (world, { id, delivery_id, since, only_failed }, call) => {
    if (!world.webhooks.has(id)) refuse('NOT_FOUND');
    const wanted = listOf(world, id).filter(
      (delivery) => (delivery_id ?? delivery.id) === delivery.id && (!since || delivery.created_at >= since),
    );
    if (delivery_id !== undefined && wanted.length === 0) refuse('NOT_FOUND');
    const ended = wanted.filter(({ status }) => (only_failed ? status === 'failed' : status !== 'pending'));
    if (delivery_id !== undefined && ended.length === 0) refuse('INVALID_TRANSITION');
    if (ended.length === 0) return { count: 0 };
    const now = world.clock.now();
    for (const delivery of ended) Object.assign(delivery, { status: 'pending', attempts: 0, next_attempt_at: now });
    const details = { count: ended.length, delivery_id: delivery_id ?? null, since: since ?? null };
    record(world, call, 'system.webhook_replayed', id, details);
    deliverDue(world);
    return { count: ended.length };
  },
} satisfies Answers;

const listOf = ({ deliveries }: World, id: string): DeliveryRecord[] =>
  [...deliveries.values()].filter(({ webhook_id }) => webhook_id === id);

const grow = ({ clock }: World, webhook: WebhookRecord): WebhookRecord => ({
  ...webhook,
  version: webhook.version + 1,
  updated_at: clock.now(),
});

function save({ webhooks }: World, webhook: WebhookRecord): WebhookRecord {
  webhooks.set(webhook.id, webhook);
  return webhook;
}

const record = (world: World, call: Call, act: string, id: string, details: Readonly<Record<string, unknown>> = {}) =>
  recordAct(world, call, { act, target: { kind: 'webhook', id }, details });

/** Of the address the place alone: some carry a secret in path or query. */
const describe = ({ url, ...rest }: { readonly url?: string | undefined }): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({ ...rest, url: url === undefined ? undefined : new URL(url).origin }).filter(
      ([, value]) => value !== undefined,
    ),
  );
