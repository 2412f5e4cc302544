// Contract of signing in and registering: every way in, and what any of them may answer.
import { z } from 'zod';
import { Email, Id, line, Password, Phone, Username } from '../ids.ts';
import { Profile } from '../users/users.ts';
import { ChallengeId, Code, sendsMessage } from './codes.ts';
import { Assertion, FACTORS } from './factors.ts';

export const Device = z.strictObject({
  device_type: z.enum(['web', 'mobile', 'api']).optional(),
  device_name: line(100).optional(),
});

/** What everything that opens a session takes. `cookie`: the refresh token goes into an HttpOnly cookie and never into a body. */
export const opensSession = {
  device: Device.optional(),
  refresh_transport: z.enum(['body', 'cookie']).default('body'),
};

/** What of an input says how the session is to be opened. */
export interface SessionWishes {
  readonly device?: z.output<typeof Device> | undefined;
  readonly refresh_transport: 'body' | 'cookie';
}

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

/**
 * How a sign-in is completed. The first three are second factors; `email` and `new_account` are offered when a phone number may
 * have passed to somebody else: a code sent to the account's address, or a new account that takes the number over.
 */
export const MfaMethod = z.enum([...FACTORS, 'email', 'new_account']);
export type MfaMethod = z.output<typeof MfaMethod>;

const lifetime = { expires_in: z.int().describe('Seconds for which the token is good') };

export const MfaRequired = z
  .object({ status: z.literal('mfa_required'), mfa_token: z.string(), methods: z.array(MfaMethod), ...lifetime })
  .meta({ id: 'MfaRequired', description: 'Finish with auth.mfa.verify' });
export type MfaRequired = z.output<typeof MfaRequired>;

export const MfaSetupRequired = z
  .object({
    status: z.literal('mfa_setup_required'),
    setup_token: z.string(),
    methods: z.array(z.enum(['totp', 'passkey'])),
    ...lifetime,
  })
  .meta({ id: 'MfaSetupRequired', description: 'A role demands a second factor: enroll one with the setup_token' });
export type MfaSetupRequired = z.output<typeof MfaSetupRequired>;

export const PasswordChangeRequired = z
  .object({ status: z.literal('password_change_required'), change_token: z.string(), ...lifetime })
  .meta({ id: 'PasswordChangeRequired', description: 'Choose a new password with auth.password.reset, then sign in' });
export type PasswordChangeRequired = z.output<typeof PasswordChangeRequired>;

/** What everything that opens a session answers. */
export const SignInResult = z.discriminatedUnion('status', [
  SignedIn,
  MfaRequired,
  MfaSetupRequired,
  PasswordChangeRequired,
]);
export type SignInResult = z.output<typeof SignInResult>;

export const RegisterInput = z.union([
  z.strictObject({
    username: Username,
    email: Email,
    password: Password,
    name: line(100).optional(),
    ...sendsMessage,
    ...opensSession,
  }),
  z.strictObject({
    phone: Phone,
    code: Code,
    challenge_id: ChallengeId.optional(),
    name: line(100).optional(),
    ...opensSession,
  }),
]);
export type RegisterInput = z.output<typeof RegisterInput>;

export const RegisterResult = z.discriminatedUnion('status', [
  SignedIn,
  MfaSetupRequired,
  z.object({ status: z.literal('verification_required') }),
]);
export type RegisterResult = z.output<typeof RegisterResult>;

export const LoginInput = z.union([
  z.strictObject({ email: Email, password: Password, ...opensSession }),
  z.strictObject({ username: z.string().trim().toLowerCase().min(1).max(64), password: Password, ...opensSession }),
  z.strictObject({ phone: Phone, password: Password, ...opensSession }),
  z.strictObject({ phone: Phone, code: Code, challenge_id: ChallengeId.optional(), ...opensSession }),
  z.strictObject({ email: Email, code: Code, challenge_id: ChallengeId.optional(), ...opensSession }),
  z.strictObject({
    magic_token: z.string().min(1).max(200).describe('From the link of a mail; where magic links are switched on'),
    ...opensSession,
  }),
  z.strictObject({ assertion: Assertion, ...opensSession }),
]);
export type LoginInput = z.output<typeof LoginInput>;
