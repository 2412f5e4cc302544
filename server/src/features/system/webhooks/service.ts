// system.webhooks: made, changed, given new secrets, removed.
import { randomBytes } from 'node:crypto';
import type {
  CreatedWebhook,
  CreateWebhookInput,
  ListWebhooksInput,
  RotateWebhookSecretInput,
  UpdateWebhookInput,
  Webhook,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { namesForbiddenAddress } from '../../../platform/strangers.ts';
import type { WebhookChange, WebhookDocument } from './repository.ts';
import { strangerRules } from './rules.ts';

type WebhooksCtx = Ctx<
  | 'webhooks'
  | 'webhookDeliveries'
  | 'events'
  | 'clock'
  | 'transact'
  | 'takeGuard'
  | 'audit'
  | 'log'
  | 'envelope'
  | 'config'
>;

/** Each is looked at whenever something happens. */
const MOST_WEBHOOKS = 50;
const GUARD = 'webhooks';

export async function listWebhooks(ctx: Ctx<'webhooks'>, { limit, cursor, with_total: withTotal }: ListWebhooksInput) {
  return toPage(await ctx.webhooks.list({ limit, cursor, withTotal }), toWebhook);
}

export async function getWebhook(ctx: Ctx<'webhooks'>, { id }: { id: string }): Promise<Webhook> {
  return toWebhook((await ctx.webhooks.find(id)) ?? fail('NOT_FOUND'));
}

/** @throws AppError VALIDATION_FAILED for an address that is not called, and when there are as many as there may be */
export async function createWebhook(ctx: WebhooksCtx, input: CreateWebhookInput): Promise<CreatedWebhook> {
  requireCallable(ctx, input.url);
  const now = ctx.clock.now();
  const secret = newSecret();
  const webhook: WebhookDocument = {
    _id: new ObjectId(),
    ...input,
    disabled_reason: null,
    secret: await ctx.envelope.seal(new TextEncoder().encode(secret)),
    failing_since: null,
    version: 1,
    created_by: new ObjectId(ctx.caller.id),
    created_at: now,
    updated_at: now,
  };
  await ctx.transact(async (tx) => {
    await ctx.takeGuard(tx, GUARD);
    if ((await ctx.webhooks.count(tx)) >= MOST_WEBHOOKS)
      fail('VALIDATION_FAILED', {
        detail: `There are ${MOST_WEBHOOKS} webhooks already, which is as many as there may be`,
      });
    await ctx.webhooks.insert(webhook, tx);
    await record(ctx, tx, 'system.webhook_created', webhook._id.toHexString(), describe(input));
  });
  await ctx.events.reload();
  return { webhook: toWebhook(webhook), secret };
}

/** @throws AppError NOT_FOUND; VERSION_CONFLICT; VALIDATION_FAILED */
export async function updateWebhook(ctx: WebhooksCtx, { id, version, ...given }: UpdateWebhookInput): Promise<Webhook> {
  if (!(await ctx.webhooks.find(id))) fail('NOT_FOUND');
  if (given.url !== undefined) requireCallable(ctx, given.url);
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  // What was wrong with it is the past: it was mended, or is told nothing.
  const anew =
    given.url !== undefined || given.enabled !== undefined ? { disabled_reason: null, failing_since: null } : {};
  const change = { fields: { ...fields, ...anew, updated_at: ctx.clock.now() } };
  return toWebhook(await applyChange(ctx, id, version, change, 'system.webhook_updated', describe(given)));
}

/** @throws AppError NOT_FOUND; VERSION_CONFLICT when two are at it */
export async function rotateWebhookSecret(
  ctx: WebhooksCtx,
  { id, keep_old_for }: RotateWebhookSecretInput,
): Promise<{ secret: string }> {
  const before = (await ctx.webhooks.find(id)) ?? fail('NOT_FOUND');
  const now = ctx.clock.now();
  const secret = newSecret();
  const sealed = await ctx.envelope.seal(new TextEncoder().encode(secret));
  const kept = { previous_secret: before.secret, previous_expires_at: new Date(now.getTime() + keep_old_for * 1000) };
  const change: WebhookChange =
    keep_old_for > 0
      ? { fields: { secret: sealed, ...kept, updated_at: now } }
      : { fields: { secret: sealed, updated_at: now }, without: ['previous_secret', 'previous_expires_at'] };
  await applyChange(ctx, id, before.version, change, 'system.webhook_secret_rotated', { keep_old_for });
  return { secret };
}

/** What it was still to be told goes with it. */
export async function deleteWebhook(ctx: WebhooksCtx, { id }: { id: string }): Promise<void> {
  await ctx.transact(async (tx) => {
    if (!(await ctx.webhooks.remove(id, tx))) fail('NOT_FOUND');
    await record(ctx, tx, 'system.webhook_deleted', id);
  });
  await ctx.events.reload();
  await ctx.webhookDeliveries.removeOf(id);
}

async function applyChange(
  ctx: WebhooksCtx,
  id: string,
  version: number,
  change: WebhookChange,
  act: string,
  details: Readonly<Record<string, unknown>>,
): Promise<WebhookDocument> {
  const after = await ctx.transact(async (tx) => {
    const updated = (await ctx.webhooks.update(id, version, change, tx)) ?? fail('VERSION_CONFLICT');
    await record(ctx, tx, act, id, details);
    return updated;
  });
  await ctx.events.reload();
  return after;
}

const record = (ctx: WebhooksCtx, tx: Tx, act: string, id: string, details: Readonly<Record<string, unknown>> = {}) =>
  recordAct(ctx, tx, { act, target: { kind: 'webhook', id }, details });

/** Of the address the place alone: some carry a secret in path or query. */
const describe = ({ url, ...rest }: { url?: string | undefined }): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({ ...rest, url: url === undefined ? undefined : new URL(url).origin }).filter(
      ([, value]) => value !== undefined,
    ),
  );

/** 256 random bits, in the form of Standard Webhooks. */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

function requireCallable({ config }: WebhooksCtx, url: string): void {
  const isPlain = new URL(url).protocol === 'http:';
  if (isPlain && config.server.mode === 'production') refuse('must be https in production mode');
  if (namesForbiddenAddress(url, strangerRules(config)))
    refuse('names an address that is not in the public internet; webhooks.allow_private lists exceptions');
}

const refuse = (message: string): never => fail('VALIDATION_FAILED', { errors: [{ path: 'url', message }] });

export const toWebhook = (webhook: WebhookDocument): Webhook => ({
  id: webhook._id.toHexString(),
  url: webhook.url,
  // Nothing else was ever taken.
  events: webhook.events as Webhook['events'],
  description: webhook.description,
  enabled: webhook.enabled,
  disabled_reason: webhook.disabled_reason,
  failing_since: webhook.failing_since,
  version: webhook.version,
  created_at: webhook.created_at,
  updated_at: webhook.updated_at,
});
