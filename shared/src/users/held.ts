// Contract of what is held on a user: what applications keep with them, and all of it in one piece.
import { z } from 'zod';
import { ApiKey } from '../auth/api-keys.ts';
import { Session } from '../auth/tokens.ts';
import { Id } from '../ids.ts';
import { User } from './users.ts';

/** In bytes of JSON. */
export const MAX_METADATA = 8192;

const isJson = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isJson);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
};

const sizeOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** What one application keeps with a user. */
export const Metadata = z.record(z.string(), z.unknown()).meta({ example: { cost_center: '4711' } });

export const SetMetadataInput = z.strictObject({
  id: Id,
  metadata: Metadata.refine(isJson, { error: 'must be plain JSON', abort: true })
    .refine((value) => sizeOf(value) <= MAX_METADATA, { error: 'must be at most 8 KB of JSON' })
    .describe('Takes the place of all that this application kept before; {} removes it'),
});
export type SetMetadataInput = z.output<typeof SetMetadataInput>;

export const UserMetadata = z.object({ metadata: Metadata });
export type UserMetadata = z.output<typeof UserMetadata>;

/** The newest audit records that an export holds, and the newest sessions. */
export const EXPORTED_RECORDS = 10_000;
export const EXPORTED_SESSIONS = 1000;

const AuditedAct = z.object({
  at: z.date(),
  act: z.string(),
  outcome: z.enum(['success', 'failure']),
  actor: z.object({ kind: z.string(), id: z.string().nullable() }),
  target: z.object({ kind: z.string(), id: z.string().nullable() }),
  ip: z.string().nullable().describe('Of the person’s own acts'),
  user_agent: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

export const UserExport = z
  .object({
    exported_at: z.date(),
    user: User,
    account: z.object({
      last_ip: z.string().nullable(),
      has_password: z.boolean(),
      password_changed_at: z.date().nullable(),
      second_factors: z.array(z.enum(['totp', 'passkey', 'backup_codes'])),
      deletion_due_at: z.date().nullable(),
    }),
    identities: z.array(
      z.object({
        provider: z.string(),
        subject: z.string(),
        linked_at: z.date(),
        name: z.string().nullable(),
        email: z.string().nullable(),
        avatar: z.string().nullable(),
      }),
    ),
    metadata: z.record(z.string(), Metadata).describe('By the id of the application that keeps it'),
    sessions: z
      .array(Session.omit({ current: true }).extend({ revoked_at: z.date().nullable() }))
      .describe(`The newest ${EXPORTED_SESSIONS} that are still kept`),
    passkeys: z.array(z.object({ id: Id, label: z.string(), created_at: z.date(), last_used_at: z.date().nullable() })),
    api_keys: z.array(ApiKey),
    notices: z.array(z.object({ kind: z.string(), at: z.date() })).describe('What they were told of in the last hour'),
    audit: z.object({
      items: z.array(AuditedAct).describe(`By or about them, the newest ${EXPORTED_RECORDS}`),
      is_complete: z.boolean().describe('Whether there are no older ones'),
    }),
  })
  .meta({ id: 'UserExport' });
export type UserExport = z.output<typeof UserExport>;
