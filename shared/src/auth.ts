// Contract of sign-in, sessions and tokens.
import { z } from 'zod';
import { Email, Id, line, Password, Username } from './ids.ts';
import { PageInput, page } from './pagination.ts';
import { Profile } from './users.ts';

/** A JWT; long enough for any, short enough that nobody sends a book. */
const Token = z.string().min(1).max(16_384);

export const Device = z.strictObject({
  device_type: z.enum(['web', 'mobile', 'api']).optional(),
  device_name: line(100).optional(),
});

/** What everything that opens a session takes. `cookie`: the refresh token goes into an HttpOnly cookie and never into a body. */
const opensSession = { device: Device.optional(), refresh_transport: z.enum(['body', 'cookie']).default('body') };

export const SessionUser = z
  .object({
    id: Id,
    username: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    roles: z.array(z.string()),
    permissions: z.array(z.string()),
    profile: Profile,
  })
  .meta({ id: 'SessionUser' });
export type SessionUser = z.output<typeof SessionUser>;

export const SignedIn = z
  .object({
    status: z.literal('ok'),
    access_token: z.string(),
    refresh_token: z.string().optional().describe('Absent when it went into the cookie'),
    token_type: z.literal('Bearer'),
    expires_in: z.int().describe('Seconds until the access token expires'),
    user: SessionUser,
  })
  .meta({ id: 'SignedIn' });
export type SignedIn = z.output<typeof SignedIn>;

export const RegisterInput = z.strictObject({
  username: Username,
  email: Email,
  password: Password,
  name: line(100).optional(),
  ...opensSession,
});
export type RegisterInput = z.output<typeof RegisterInput>;

export const RegisterResult = z.discriminatedUnion('status', [
  SignedIn,
  z.object({ status: z.literal('verification_required') }),
]);
export type RegisterResult = z.output<typeof RegisterResult>;

export const LoginInput = z.union([
  z.strictObject({ email: Email, password: Password, ...opensSession }),
  z.strictObject({ username: z.string().trim().toLowerCase().min(1).max(64), password: Password, ...opensSession }),
]);
export type LoginInput = z.output<typeof LoginInput>;

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
      roles: z.array(z.string()),
      permissions: z.array(z.string()),
    })
    .optional(),
});
export type VerifyTokenResult = z.output<typeof VerifyTokenResult>;

export const VerifyEmailInput = z.strictObject({ token: z.string().min(1).max(200) });
export type VerifyEmailInput = z.output<typeof VerifyEmailInput>;
export const VerifyEmailResult = z.object({ status: z.literal('verified') });

export const ResendEmailInput = z.strictObject({ email: Email });
export type ResendEmailInput = z.output<typeof ResendEmailInput>;

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
