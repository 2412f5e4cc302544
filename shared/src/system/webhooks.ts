// Contract of webhooks: whom the server tells of what happens, and what became of each telling.
import { z } from 'zod';
import { Id, line } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

/** What webhooks are told of. */
export const WEBHOOK_EVENTS = [
  'user.created',
  'user.updated',
  'user.deleted',
  'user.status_changed',
  'user.role_granted',
  'user.role_revoked',
  'user.role_expired',
  'role.created',
  'role.updated',
  'role.deleted',
  'session.opened',
  'session.ended',
] as const;
export const WebhookEvent = z.enum(WEBHOOK_EVENTS);
export type WebhookEvent = z.output<typeof WebhookEvent>;

/** An event by name, or all of a kind. */
export const WebhookSubscription = z.enum([...WEBHOOK_EVENTS, 'user.*', 'role.*', 'session.*']);
export type WebhookSubscription = z.output<typeof WebhookSubscription>;

const WebhookUrl = z
  .string()
  .max(2048)
  .refine((text) => isWebhookUrl(text), { error: 'must be an absolute https URL without credentials and fragment' })
  .describe('https; http in development mode alone. Addresses inside a private network are not called')
  .meta({ example: 'https://hr.example.com/hooks/authcenter' });

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return ['https:', 'http:'].includes(protocol) && username === '' && password === '' && !text.includes('#');
}

const fields = {
  url: WebhookUrl,
  events: z.array(WebhookSubscription).min(1).max(20),
  description: line(200).nullable().meta({ example: '人事系统' }),
  enabled: z.boolean(),
};

interface Telling<Type extends WebhookEvent, Data> {
  readonly type: Type;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly data: Data;
}
/** Who did it; the server by itself is `system`. */
interface By {
  readonly actor: { readonly kind: string; readonly id: string | null };
}
interface OfUser extends By {
  readonly user_id: string;
}
interface OfGrant extends OfUser {
  readonly role_id: string;
  readonly role: string;
}
interface OfRole extends By {
  readonly role_id: string;
  readonly name: string;
}

/** The body of a webhook, parsed. */
export type WebhookBody =
  | Telling<'user.created', OfUser & { readonly method?: string; readonly invited?: boolean }>
  | Telling<'user.updated', OfUser & { readonly fields?: readonly string[]; readonly contact?: 'email' | 'phone' }>
  | Telling<'user.deleted', OfUser & { readonly reason?: string }>
  | Telling<'user.status_changed', OfUser & { readonly from: string; readonly to: string }>
  | Telling<'user.role_granted', OfGrant & { readonly expires_at: string | null }>
  | Telling<'user.role_revoked' | 'user.role_expired', OfGrant>
  | Telling<'role.created' | 'role.updated' | 'role.deleted', OfRole>
  | Telling<
      'session.opened',
      OfUser & {
        readonly session_id: string;
        readonly method: string;
        readonly methods: readonly string[];
        readonly client_id: string | null;
      }
    >
  | Telling<
      'session.ended',
      { readonly user_id: string; readonly session_ids: readonly string[]; readonly reason: string }
    >;

export const Webhook = z
  .object({
    id: Id,
    url: z.string(),
    events: z.array(WebhookSubscription),
    description: z.string().nullable(),
    enabled: z.boolean(),
    disabled_reason: z.literal('gone').nullable().describe('gone: the receiver answered 410, and is told no more'),
    failing_since: z.date().nullable().describe('Since when nothing has been taken; null while all is well'),
    version: z.int(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.output<typeof Webhook>;
export const WebhookPage = page(Webhook);

export const ListWebhooksInput = PageInput.prefault({});
export type ListWebhooksInput = z.output<typeof ListWebhooksInput>;
export const WebhookIdInput = z.strictObject({ id: Id });

export const CreateWebhookInput = z.strictObject({
  url: fields.url,
  events: fields.events,
  description: fields.description.default(null),
  enabled: fields.enabled.default(true),
});
export type CreateWebhookInput = z.output<typeof CreateWebhookInput>;

const secret = z
  .string()
  .describe('whsec_ and a key in base64, as Standard Webhooks has it; shown this once')
  .meta({ example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' });

export const CreatedWebhook = z.object({ webhook: Webhook, secret });
export type CreatedWebhook = z.output<typeof CreatedWebhook>;

export const UpdateWebhookInput = z.strictObject({
  id: Id,
  version: z.int().describe('The one that was read; VERSION_CONFLICT when it has changed since'),
  url: fields.url.optional(),
  events: fields.events.optional(),
  description: fields.description.optional(),
  enabled: fields.enabled.optional(),
});
export type UpdateWebhookInput = z.output<typeof UpdateWebhookInput>;

export const RotateWebhookSecretInput = z.strictObject({
  id: Id,
  keep_old_for: z
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(86_400)
    .describe('Seconds for which deliveries bear a signature by the secret before, too'),
});
export type RotateWebhookSecretInput = z.output<typeof RotateWebhookSecretInput>;

export const NewWebhookSecret = z.object({ secret });

export const WebhookDelivery = z
  .object({
    id: Id,
    event_id: z.string().describe('What the receiver sees as webhook-id: the same at each try'),
    type: WebhookEvent,
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    last_attempt_at: z.date().nullable(),
    last_status: z.int().nullable().describe('The HTTP status that was answered last; null for no answer'),
    last_error: z.string().nullable(),
    next_attempt_at: z.date().nullable(),
    created_at: z.date(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.output<typeof WebhookDelivery>;
export const WebhookDeliveryPage = page(WebhookDelivery);

export const ListWebhookDeliveriesInput = PageInput.extend({
  id: Id,
  status: WebhookDelivery.shape.status.optional(),
});
export type ListWebhookDeliveriesInput = z.output<typeof ListWebhookDeliveriesInput>;

export const ReplayWebhookInput = z
  .strictObject({
    id: Id,
    delivery_id: Id.describe('One delivery').optional(),
    since: z.date().describe('All deliveries from then on that are not under way').optional(),
    only_failed: z.boolean().default(false).describe('With since: those that were given up'),
  })
  .refine((input) => (input.delivery_id === undefined) !== (input.since === undefined), {
    error: 'name either delivery_id or since',
    path: ['delivery_id'],
  });
export type ReplayWebhookInput = z.output<typeof ReplayWebhookInput>;

export const ReplayedWebhook = z.object({ count: z.int().describe('How many are sent again') });
export type ReplayedWebhook = z.output<typeof ReplayedWebhook>;
