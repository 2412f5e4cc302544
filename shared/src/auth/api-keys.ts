// Contract of API keys: what a person gives a program, so that it may act for them within bounds.
import { z } from 'zod';
import { Id, line } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

const Scope = z
  .string()
  .trim()
  .min(1)
  .max(129)
  .describe('A permission: `resource:ACTION`, or its name')
  .meta({ example: 'knowledge:READ' });

export const ApiKey = z
  .object({
    id: Id,
    name: z.string(),
    prefix: z.string().describe('How the key begins: what it can be told by in a list'),
    scopes: z.array(z.string()),
    created_at: z.date(),
    expires_at: z.date().nullable(),
    last_used_at: z.date().nullable().describe('To the minute'),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.output<typeof ApiKey>;
export const ApiKeyPage = page(ApiKey);

export const ListApiKeysInput = PageInput.prefault({});
export type ListApiKeysInput = z.output<typeof ListApiKeysInput>;

export const CreateApiKeyInput = z.strictObject({
  name: line(100).meta({ example: '夜间同步' }),
  scopes: z.array(Scope).min(1).max(50),
  expires_at: z.date().nullable().optional().describe('Absent: in 90 days; null: never'),
});
export type CreateApiKeyInput = z.output<typeof CreateApiKeyInput>;

export const CreatedApiKey = z.object({
  key: z.string().describe('Shown this once'),
  api_key: ApiKey,
});
export type CreatedApiKey = z.output<typeof CreatedApiKey>;

export const ApiKeyIdInput = z.strictObject({ id: Id });

export const ForwardInput = z
  .strictObject({
    resource: z.string().trim().min(1).max(64).optional(),
    action: z.string().trim().min(1).max(64).optional(),
  })
  .refine((input) => (input.resource === undefined) === (input.action === undefined), {
    error: 'resource and action go together',
    path: ['action'],
  });
export type ForwardInput = z.output<typeof ForwardInput>;

/** Who it is, as the headers say it too; `client_id` where an application calls as itself. */
export const Forwarded = z.object({
  user_id: z.string().nullable(),
  client_id: z.string().nullable(),
  username: z.string().nullable(),
  roles: z.array(z.string()),
});
export type Forwarded = z.output<typeof Forwarded>;
