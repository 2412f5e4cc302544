// The verifier as a service sees it.
import type { UserInfo, UserPermissions, VerifiedClient, VerifiedUser } from './verified.ts';

/**
 * Whose rights are asked for: somebody verified, as a verifier or a middleware tells of them; whoever a token stands for; or a user's id.
 * An API key may do less than its owner: hand over what was verified, and not the id in it.
 *
 * @example
 * import type { Subject } from '@authcenter/client/verify';
 *
 * const subjects: Subject[] = ['6650f0a1b2c3d4e5f6a7b8c9', { token: 'eyJhbGciOiJFUzI1NiIs…' }];
 */
export type Subject =
  | string
  | { readonly token: string }
  | { readonly id: string; readonly permissions: readonly string[] | null }
  | { readonly user_id: string; readonly permissions: readonly string[] | null };

/**
 * Verifies the tokens of one AuthCenter. It does not keep a Node process alive by itself, but while somebody waits for an answer.
 *
 * @example
 * import { createVerifier, type Verifier } from '@authcenter/client/verify';
 *
 * export const verifier: Verifier = createVerifier({ url: 'https://auth.example.com' });
 */
export interface Verifier {
  /** Where the server is, without a slash at the end. */
  readonly url: string;
  /**
   * Resolves once the feed is followed (without client credentials: once the server's keys are read). Needs not be called: the first token
   * starts all this and waits up to two seconds for it. At the start of a service it tells of wrong credentials.
   *
   * @throws AuthCenterError `INVALID_CLIENT`, `PERMISSION_DENIED` without the scope `feed:read`, `NETWORK_ERROR`, `DEPENDENCY_UNAVAILABLE`
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
   * await verifier.ready();
   */
  ready(): Promise<void>;
  /**
   * Whoever an access token or an API key stands for. While the feed is heard that is decided here: a session that has ended, rights that
   * have changed and a key that was withdrawn count within two seconds. An application's own token stands for nobody and is invalid.
   *
   * @param token - as it stands behind `Bearer`
   * @throws AuthCenterError `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_STALE` (to be refreshed), `SESSION_REVOKED`; `DEPENDENCY_UNAVAILABLE`,
   *   `NETWORK_ERROR` and whatever else is no 401: it could not be known
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com' });
   * const { id, username, roles } = await verifier.verifyToken('eyJhbGciOiJFUzI1NiIs…');
   * console.log(id, username, roles);
   */
  verifyToken(token: string): Promise<VerifiedUser>;
  /**
   * Which application a token of its own stands for. Only the feed tells what such a token is worth.
   *
   * @param token - as it stands behind `Bearer`
   * @throws AuthCenterError `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_STALE`, `SESSION_REVOKED`; `DEPENDENCY_UNAVAILABLE` without a feed
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
   * const { client_id, scopes } = await verifier.verifyClient('eyJhbGciOiJFUzI1NiIs…');
   * console.log(client_id, scopes.includes('users:read'));
   */
  verifyClient(token: string): Promise<VerifiedClient>;
  /**
   * Whether somebody may do something. `MANAGE` on a resource covers every action on it. For whoever was verified here, or a token, that is
   * decided here; what they were verified by must still count, and an API key may do what its scopes leave of its owner's rights. For a
   * user's id the server is asked for all that the user may do, as the client (scope `rbac:check`).
   *
   * @param subject - of `verifyToken`, a middleware's `req.auth`, `{ token }`, or the id of a user
   * @param resource - in any case: `knowledge`
   * @param action - in any case: `CREATE`
   * @throws AuthCenterError as `verifyToken`; for an id `PERMISSION_DENIED` without the scope, `UNAUTHENTICATED` without credentials
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
   * const user = await verifier.verifyToken('eyJhbGciOiJFUzI1NiIs…');
   * if (await verifier.checkPermission(user, 'knowledge', 'CREATE')) console.log('may write');
   * if (await verifier.checkPermission('6650f0a1b2c3d4e5f6a7b8c9', 'knowledge', 'PUBLISH')) console.log('may publish');
   */
  checkPermission(subject: Subject, resource: string, action: string): Promise<boolean>;
  /**
   * A user, as the client (scope `users:read`).
   *
   * @param userId - their id
   * @throws AuthCenterError `NOT_FOUND`, `PERMISSION_DENIED` without the scope, `UNAUTHENTICATED` without credentials, `NETWORK_ERROR`
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
   * const { email, created_at } = await verifier.getUserInfo('6650f0a1b2c3d4e5f6a7b8c9');
   * console.log(email, created_at.getFullYear());
   */
  getUserInfo(userId: string): Promise<UserInfo>;
  /**
   * What a user may do now, and by which roles, as the client (scope `users:read`).
   *
   * @param userId - their id
   * @throws AuthCenterError `NOT_FOUND`, `PERMISSION_DENIED` without the scope, `UNAUTHENTICATED` without credentials, `NETWORK_ERROR`
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
   * const { permissions } = await verifier.getUserPermissions('6650f0a1b2c3d4e5f6a7b8c9');
   * console.log(permissions.length);
   */
  getUserPermissions(userId: string): Promise<UserPermissions>;
  /**
   * Ends the feed. What is verified afterwards is judged as while it is silent.
   *
   * @example
   * import { createVerifier } from '@authcenter/client/verify';
   *
   * const verifier = createVerifier({ url: 'https://auth.example.com' });
   * verifier.close();
   */
  close(): void;
}
