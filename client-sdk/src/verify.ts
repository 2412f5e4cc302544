// Entry `@authcenter/client/verify`: tokens verified by a service itself, and what their holders may do.
import { createVerifierIn } from './verifier/create-verifier.ts';
import { readVerifierEnvironment } from './verifier/environment.ts';
import { readOptions, type VerifierOptions } from './verifier/options.ts';
import type { Verifier } from './verifier/verifier.ts';

export type { VerifierOptions } from './verifier/options.ts';
export type { UserInfo, UserPermissions, VerifiedClient, VerifiedUser } from './verifier/verified.ts';
export type { Subject, Verifier } from './verifier/verifier.ts';

/**
 * A verifier of one AuthCenter's tokens; one for a whole process. With client credentials it follows the server's revocation feed over one
 * connection, from the first token on.
 *
 * @param options - `url` of the server; `clientId` and `clientSecret` of this service, for the feed
 * @returns the verifier
 * @throws TypeError for options that do not fit
 * @example
 * import { createVerifier } from '@authcenter/client/verify';
 *
 * const verifier = createVerifier({
 *   url: 'https://auth.example.com',
 *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
 *   clientSecret: 'kept in the environment',
 * });
 * const user = await verifier.verifyToken('eyJhbGciOiJFUzI1NiIs…');
 * console.log(user.username, await verifier.checkPermission(user, 'knowledge', 'CREATE'));
 */
export const createVerifier = (options: VerifierOptions): Verifier =>
  createVerifierIn(readVerifierEnvironment(options.fetch), readOptions(options));
