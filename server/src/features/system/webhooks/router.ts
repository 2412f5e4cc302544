// system.webhooks: who administers whom the server tells of what happens.
import {
  CreatedWebhook,
  CreateWebhookInput,
  ListWebhookDeliveriesInput,
  ListWebhooksInput,
  NewWebhookSecret,
  ReplayedWebhook,
  ReplayWebhookInput,
  RotateWebhookSecretInput,
  UpdateWebhookInput,
  Webhook,
  WebhookDeliveryPage,
  WebhookIdInput,
  WebhookPage,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { listWebhookDeliveries, replayWebhook } from './deliveries.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhookSecret,
  updateWebhook,
} from './service.ts';

export const webhooksRouter = router({
  list: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /webhooks',
    summary: 'List webhooks, newest first',
    limit: 'read',
  })
    .input(ListWebhooksInput)
    .output(WebhookPage)
    .query(({ ctx, input }) => listWebhooks(ctx, input)),

  get: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /webhooks/{id}',
    summary: 'Read a webhook',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(WebhookIdInput)
    .output(Webhook)
    .query(({ ctx, input }) => getWebhook(ctx, input)),

  create: endpoint({
    access: 'system:CONFIG',
    rest: 'POST /webhooks',
    summary: 'Have an address told of what happens; its secret is shown this once',
    limit: 'write',
    stepUp: true,
    status: 201,
  })
    .input(CreateWebhookInput)
    .output(CreatedWebhook)
    .mutation(({ ctx, input }) => createWebhook(ctx, input)),

  update: endpoint({
    access: 'system:CONFIG',
    rest: 'PUT /webhooks/{id}',
    summary: 'Change a webhook; one that is disabled gets what it missed once it is enabled, if that was under way',
    errors: ['NOT_FOUND', 'VERSION_CONFLICT'],
    limit: 'write',
    stepUp: true,
  })
    .input(UpdateWebhookInput)
    .output(Webhook)
    .mutation(({ ctx, input }) => updateWebhook(ctx, input)),

  delete: endpoint({
    access: 'system:CONFIG',
    rest: 'DELETE /webhooks/{id}',
    summary: 'Remove a webhook with all that it was still to be told',
    errors: ['NOT_FOUND'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(WebhookIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteWebhook(ctx, input)),

  rotateSecret: endpoint({
    access: 'system:CONFIG',
    rest: 'POST /webhooks/{id}/rotate-secret',
    summary: 'Give a webhook a new secret; for a while its deliveries are signed by the one before, too',
    errors: ['NOT_FOUND', 'VERSION_CONFLICT'],
    limit: 'write',
    stepUp: true,
    status: 201,
  })
    .input(RotateWebhookSecretInput)
    .output(NewWebhookSecret)
    .mutation(({ ctx, input }) => rotateWebhookSecret(ctx, input)),

  deliveries: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /webhooks/{id}/deliveries',
    summary: 'List what a webhook was told in the last 30 days, newest first',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(ListWebhookDeliveriesInput)
    .output(WebhookDeliveryPage)
    .query(({ ctx, input }) => listWebhookDeliveries(ctx, input)),

  replay: endpoint({
    access: 'system:CONFIG',
    rest: 'POST /webhooks/{id}/replay',
    summary: 'Send one delivery, or all since a time, again',
    errors: ['NOT_FOUND', 'INVALID_TRANSITION'],
    limit: 'write',
  })
    .input(ReplayWebhookInput)
    .output(ReplayedWebhook)
    .mutation(({ ctx, input }) => replayWebhook(ctx, input)),
});
