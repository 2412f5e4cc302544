// Contract of the token endpoint: grants in exchange for tokens (RFC 6749 §4, RFC 8693).
import { z } from 'zod';
import { ClientId, RedirectUri } from './oauth.ts';
import { opensSession, SignInResult } from './sign-in.ts';

/** What an application trades at `auth.token`. */
export const GRANT_TYPES = {
  code: 'authorization_code',
  client: 'client_credentials',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;

const TokenType = z.string().max(128).optional();

/** A client's secret stands here or in HTTP Basic (RFC 6749 §2.3.1). */
export const TokenInput = z.strictObject({
  grant_type: z.string().min(1).max(128).meta({ example: 'authorization_code' }),
  code: z.string().min(1).max(200).optional(),
  code_verifier: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{43,128}$/, 'must be 43 to 128 unreserved characters (RFC 7636)')
    .meta({ example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' })
    .optional(),
  redirect_uri: RedirectUri.optional(),
  client_id: ClientId.optional(),
  client_secret: z.string().min(1).max(200).optional(),
  scope: z
    .string()
    .max(1000)
    .describe('client_credentials: those wanted of the scopes the client has, apart by spaces; all of them when absent')
    .meta({ example: 'users:read rbac:check' })
    .optional(),
  subject_token: z.string().min(1).max(16_384).describe('Token exchange: the access token of a user').optional(),
  subject_token_type: TokenType.meta({ example: 'urn:ietf:params:oauth:token-type:access_token' }),
  requested_token_type: TokenType,
  audience: ClientId.describe('Token exchange: the client that asks, if any is named').optional(),
  ...opensSession,
});
export type TokenInput = z.output<typeof TokenInput>;

/** A client's own token (RFC 6749 §4.4.3): it acts as itself, and asks for another when it has expired. */
export const ClientToken = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().describe('Seconds'),
    scope: z.string().describe('What was granted, apart by spaces'),
  })
  .meta({ id: 'ClientToken' });
export type ClientToken = z.output<typeof ClientToken>;

/** A token for an application that verifies by a secret of its own (RFC 8693 §2.2.1). */
export const ExchangedToken = z
  .object({
    access_token: z.string(),
    issued_token_type: z.literal('urn:ietf:params:oauth:token-type:jwt'),
    token_type: z.literal('Bearer'),
    expires_in: z.int().describe('Seconds; nothing ends it before'),
  })
  .meta({ id: 'ExchangedToken' });
export type ExchangedToken = z.output<typeof ExchangedToken>;

/** By grant: a code opens a session as signing in does; the others answer one token. */
export const TokenResult = z.union([SignInResult, ExchangedToken, ClientToken]);
export type TokenResult = z.output<typeof TokenResult>;
