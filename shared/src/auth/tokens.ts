// Contract of tokens and sessions: refreshing, ending, verifying, listing.
import { z } from 'zod';
import { Id } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

/** A JWT; long enough for any, short enough that nobody sends a book. */
const Token = z.string().min(1).max(16_384);

export const RefreshInput = z.strictObject({
  refresh_token: Token.optional().describe('Absent: the cookie'),
  access_token: z.string().max(16_384).optional().describe('Accepted for older callers, not read'),
});
export type RefreshInput = z.output<typeof RefreshInput>;

export const LogoutInput = RefreshInput;
export type LogoutInput = RefreshInput;

export const VerifyTokenInput = z
  .strictObject({
    token: z.string().max(16_384),
    resource: z.string().trim().min(1).max(64).optional(),
    action: z.string().trim().min(1).max(64).optional(),
  })
  .refine((input) => (input.resource === undefined) === (input.action === undefined), {
    error: 'resource and action go together',
    path: ['action'],
  });
export type VerifyTokenInput = z.output<typeof VerifyTokenInput>;

export const VerifyTokenResult = z.object({
  valid: z.boolean(),
  allowed: z.boolean(),
  reason: z.enum(['TOKEN_EXPIRED', 'TOKEN_STALE', 'SESSION_REVOKED']).optional(),
  user: z
    .object({
      id: z.string(),
      username: z.string(),
      email: z.string().nullable(),
      email_verified: z.boolean(),
      roles: z.array(z.string()),
      permissions: z.array(z.string()),
    })
    .optional(),
});
export type VerifyTokenResult = z.output<typeof VerifyTokenResult>;

export const Session = z
  .object({
    id: Id,
    device_info: z.object({
      user_agent: z.string().nullable(),
      ip: z.string().nullable(),
      device_type: z.enum(['web', 'mobile', 'api']),
      device_name: z.string().nullable(),
    }),
    auth_methods: z.array(z.string()),
    client_id: z.string().nullable(),
    created_at: z.date(),
    last_accessed_at: z.date(),
    expires_at: z.date(),
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export type Session = z.output<typeof Session>;

export const SessionPage = page(Session);
export const ListSessionsInput = PageInput.prefault({});
export type ListSessionsInput = z.output<typeof ListSessionsInput>;
export const SessionIdInput = z.strictObject({ id: Id });
