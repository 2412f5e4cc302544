// Contract of the applications that rely on this server.
import { z } from 'zod';
import { Id, line } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

/** `web` and `service` keep a secret; `spa` and `native` cannot, and prove themselves by PKCE alone (RFC 8252, RFC 9700). */
export const ClientKind = z.enum(['web', 'spa', 'native', 'service']);
export type ClientKind = z.output<typeof ClientKind>;

/** What runs in browsers and on phones can keep no secret (RFC 8252 §8.5). */
export const keepsSecret = (kind: ClientKind): boolean => kind === 'web' || kind === 'service';

/** Scopes of a client's own tokens. */
export const ClientScope = z.enum(['users:read', 'users:metadata', 'rbac:check', 'feed:read']);
export type ClientScope = z.output<typeof ClientScope>;

/** Whoever knows its secret acts within a client's scopes: they are given by those who may do as much themselves, by any of these. */
export const SCOPE_PERMISSIONS = {
  'users:read': ['user:READ'],
  'users:metadata': ['user:UPDATE'],
  'rbac:check': ['user:READ', 'role:READ'],
  'feed:read': ['system:CONFIG'],
} as const satisfies Record<ClientScope, readonly string[]>;

const RedirectUri = z
  .string()
  .max(2048)
  .refine((text) => isRedirectUri(text), {
    error: 'must be an absolute URI without fragment: https, http to this machine, or a scheme of the application',
  })
  .meta({ example: 'https://app.example.com/callback' });

/** RFC 6749 §3.1.2; plain http towards this machine alone (RFC 8252 §7.3); a scheme of one's own in reverse domain form (§7.1). */
function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (text.includes('#') || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  if (url.protocol === 'http:') return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol);
}

/** A name that tokens bear as `aud` (RFC 7519 §4.1.3). */
const Audience = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be printable ASCII without spaces')
  .meta({ example: 'https://reports.example.com' });

/** HS256 wants a key of at least 256 bits (RFC 7518 §3.2): 64 hexadecimal digits, or 43 of base64. */
export const ExchangeSecret = z
  .string()
  .regex(/^[\x21-\x7e]{43,512}$/, 'must be 256 bits or more as text: 43 characters at least')
  .refine((text) => new Set(text).size >= 10, 'must be random')
  .meta({ example: 'd0c4a1f39b6e57828a7c43f1e6b09d25c8f7e1a2b3946d5f70819e2a4c6b8d03' });

const fields = {
  name: line(100).meta({ example: '报销系统' }),
  audiences: z.array(Audience).max(20).describe('What its tokens bear as aud beside its own id'),
  redirect_uris: z.array(RedirectUri).max(20),
  scopes: z.array(ClientScope).max(20),
};

export const Client = z
  .object({
    id: Id,
    name: z.string(),
    kind: ClientKind,
    redirect_uris: z.array(z.string()),
    audiences: z.array(z.string()),
    scopes: z.array(z.string()),
    has_exchange_secret: z.boolean(),
    secrets: z
      .array(z.object({ created_at: z.date(), expires_at: z.date().nullable() }))
      .describe('Of the secrets only their times are kept'),
    version: z.int(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .meta({ id: 'Client' });
export type Client = z.output<typeof Client>;
export const ClientPage = page(Client);

export const ListClientsInput = PageInput.prefault({});
export type ListClientsInput = z.output<typeof ListClientsInput>;
export const ClientIdInput = z.strictObject({ id: Id });

export const CreateClientInput = z.strictObject({
  name: fields.name,
  kind: ClientKind,
  redirect_uris: fields.redirect_uris.default([]),
  audiences: fields.audiences.default([]),
  scopes: fields.scopes.default([]),
  exchange_secret: ExchangeSecret.describe(
    'For a service that verifies tokens by this secret of its own (HS256): what it may exchange users’ tokens for',
  ).optional(),
});
export type CreateClientInput = z.output<typeof CreateClientInput>;

export const CreatedClient = z.object({
  client_id: Id,
  client_secret: z.string().nullable().describe('Shown this once; null for kinds that can keep none'),
  client: Client,
});
export type CreatedClient = z.output<typeof CreatedClient>;

export const UpdateClientInput = z.strictObject({
  id: Id,
  version: z.int().describe('The one that was read; VERSION_CONFLICT when it has changed since'),
  name: fields.name.optional(),
  redirect_uris: fields.redirect_uris.optional(),
  audiences: fields.audiences.optional(),
  scopes: fields.scopes.optional(),
  exchange_secret: ExchangeSecret.nullable().describe('null: there is none any more').optional(),
});
export type UpdateClientInput = z.output<typeof UpdateClientInput>;

export const RotateClientSecretInput = z.strictObject({
  id: Id,
  keep_old_for: z
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(86_400)
    .describe('Seconds for which the secret before goes on working; 0 ends the client’s own tokens too'),
});
export type RotateClientSecretInput = z.output<typeof RotateClientSecretInput>;

export const NewClientSecret = z.object({ client_secret: z.string() });
