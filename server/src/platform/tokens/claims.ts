// What the tokens carry, and the rules a payload must pass: pure, over payload, header and clock.
import { z } from 'zod';

/** Claims of a user's access token (RFC 9068 where it has a name for it). */
export const UserClaims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: z.string(),
  user_id: z.string(),
  userId: z.string(),
  username: z.string(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()).optional(),
  rv: z.number(),
  sid: z.string(),
  epoch: z.number(),
  amr: z.array(z.string()),
  auth_time: z.number(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
});
export type UserClaims = z.output<typeof UserClaims>;

/** Claims of a client's own access token: no session, rights are its scopes. */
export const ClientClaims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: z.string(),
  client_id: z.string(),
  scope: z.string(),
  /** The client's counter: a token that is behind has no force. */
  epoch: z.number(),
  sid: z.undefined().optional(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
});
export type ClientClaims = z.output<typeof ClientClaims>;

export type AccessClaims = UserClaims | ClientClaims;

export const RefreshClaims = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  sid: z.string().regex(/^[0-9a-f]{24}$/),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
});
export type RefreshClaims = z.output<typeof RefreshClaims>;

export const ACCESS_TYPE = 'at+jwt';
export const REFRESH_TYPE = 'rt+jwt';

/** Leeway for clocks that differ, in seconds; for `iat` and `nbf` only: with one for `exp` an expired grant would live on. */
const LEEWAY = 30;

interface TimeClaims {
  readonly iat: number;
  readonly nbf?: number | undefined;
  readonly exp: number;
}

/** Whether the token's time has begun. */
export const hasBegun = (claims: TimeClaims, nowSeconds: number): boolean =>
  claims.iat <= nowSeconds + LEEWAY && (claims.nbf ?? 0) <= nowSeconds + LEEWAY;

/** A token is good until, and not at, `exp` (RFC 7519 §4.1.4). */
export const hasExpired = (claims: TimeClaims, nowMs: number): boolean => nowMs >= claims.exp * 1000;

/** RFC 7519 §4.1.3: one of the audiences must be ours. */
export const isForAudience = (claimed: string | readonly string[], ours: readonly string[]): boolean =>
  typeof claimed === 'string' ? ours.includes(claimed) : claimed.some((one) => ours.includes(one));
