// Who makes a request, as the middlewares of every framework tell it.
import type { VerifiedUser } from '../verifier/verified.ts';

/**
 * Who makes the request: a person, or a program that acts for one by an API key. What they may do beside what a route demands,
 * `auth.verifier.checkPermission(req.auth, …)` tells: by `user_id` alone a key would count as its owner.
 *
 * @example
 * import type { RequestAuth } from '@authcenter/client/fastify';
 *
 * export const describe = (auth: RequestAuth) => `${auth.username} (${auth.roles.join(', ')})`;
 */
export interface RequestAuth {
  /** Whether the person themselves is there, or a program that acts for them by an API key. */
  readonly kind: 'user' | 'api_key';
  /** Of the person; by an API key its owner's. */
  readonly user_id: string;
  /** Unique among people. */
  readonly username: string;
  /** Null when they have none. */
  readonly email: string | null;
  /** Whether they have proven that it is theirs. */
  readonly email_verified: boolean;
  /** Their names; none for an API key, which may do less than they say. */
  readonly roles: readonly string[];
  /** `resource:ACTION`; null where the token does not carry them because they are many: `requirePermission` asks for them. */
  readonly permissions: readonly string[] | null;
  /** The session; null for an API key. */
  readonly sid: string | null;
}

export const toRequestAuth = (user: VerifiedUser): RequestAuth => ({
  kind: user.kind,
  user_id: user.id,
  username: user.username,
  email: user.email,
  email_verified: user.email_verified,
  roles: user.roles,
  permissions: user.permissions,
  sid: user.sid,
});
