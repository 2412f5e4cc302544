// What a verifier tells of whoever brought a token.
import type { RouterOutputs } from '../router.ts';
import type { ClientClaims, UserClaims } from './claims.ts';

/**
 * Whoever a token or an API key stands for. Not to be changed: the same object is answered as long as the token is kept.
 *
 * @example
 * import type { VerifiedUser } from '@authcenter/client/verify';
 *
 * export const isRecent = (user: VerifiedUser) => user.auth_time !== null && Date.now() / 1000 - user.auth_time < 600;
 */
export interface VerifiedUser {
  /** Whether the person themselves is there, or a program that acts for them by an API key. */
  readonly kind: 'user' | 'api_key';
  /** Of the person; of an API key its owner's. */
  readonly id: string;
  /** Unique among people. */
  readonly username: string;
  /** Null when they have none. */
  readonly email: string | null;
  /** Whether they have proven that it is theirs: no account of yours should be found by an address that is not. */
  readonly email_verified: boolean;
  /** Their names; none for an API key, which may do less than they say. */
  readonly roles: readonly string[];
  /** `resource:ACTION`; null where the token does not carry them because they are many: `checkPermission` asks for them. */
  readonly permissions: readonly string[] | null;
  /** The session; null for an API key. */
  readonly sid: string | null;
  /** Until when the token is good, in seconds since 1970; null for an API key. */
  readonly exp: number | null;
  /** How the person proved who they are (RFC 8176 names); none for an API key. */
  readonly amr: readonly string[];
  /** When they did, in seconds since 1970; null for an API key. */
  readonly auth_time: number | null;
}

/**
 * An application that acts as itself.
 *
 * @example
 * import type { VerifiedClient } from '@authcenter/client/verify';
 *
 * export const mayRead = (client: VerifiedClient) => client.scopes.includes('users:read');
 */
export interface VerifiedClient {
  /** Tells it from a person's or a key's. */
  readonly kind: 'client';
  /** Its id at AuthCenter. */
  readonly client_id: string;
  /** What it may do; only what it still may. */
  readonly scopes: readonly string[];
  /** Until when its token is good, in seconds since 1970. */
  readonly exp: number;
}

/**
 * A person as the server's `users.get` tells.
 *
 * @example
 * import type { UserInfo } from '@authcenter/client/verify';
 *
 * export const nameOf = (user: UserInfo) => user.profile.name ?? user.username;
 */
export type UserInfo = RouterOutputs['users']['get'];

/**
 * What a person may do now, and by which roles, as the server's `users.permissions` tells.
 *
 * @example
 * import type { UserPermissions } from '@authcenter/client/verify';
 *
 * export const pairsOf = ({ permissions }: UserPermissions) => permissions.map(({ resource, action }) => `${resource}:${action}`);
 */
export type UserPermissions = RouterOutputs['users']['permissions'];

export const describeUser = (claims: UserClaims, permissions = claims.permissions): VerifiedUser =>
  Object.freeze({
    kind: 'user',
    id: claims.sub,
    username: claims.username,
    email: claims.email,
    email_verified: claims.email_verified,
    roles: Object.freeze(claims.roles),
    permissions: permissions === undefined ? null : Object.freeze(permissions),
    sid: claims.sid,
    exp: claims.exp,
    amr: Object.freeze(claims.amr),
    auth_time: claims.auth_time,
  });

/** What the server tells of an API key. */
type Asked = NonNullable<RouterOutputs['auth']['verify']['user']>;

export const describeKeyHolder = ({ id, username, email, email_verified, roles, permissions }: Asked): VerifiedUser =>
  Object.freeze({
    kind: 'api_key',
    id,
    username,
    email,
    // A server of an earlier version does not say.
    email_verified: email_verified ?? false,
    roles: Object.freeze(roles),
    permissions: Object.freeze(permissions),
    sid: null,
    exp: null,
    amr: Object.freeze([]),
    auth_time: null,
  });

export const describeClient = (claims: ClientClaims, scopes: readonly string[]): VerifiedClient => ({
  kind: 'client',
  client_id: claims.sub,
  // Its scopes may have been cut since.
  scopes: claims.scope.split(' ').filter((scope) => scopes.includes(scope)),
  exp: claims.exp,
});
