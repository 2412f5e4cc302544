// What every framework's entry offers, put together from how it turns one demand into its kind of middleware.
import { formatPair, normalizePair } from '@authcenter/shared/permissions';
import { createVerifierIn } from '../verifier/create-verifier.ts';
import { readVerifierEnvironment } from '../verifier/environment.ts';
import { readOptions, type VerifierOptions } from '../verifier/options.ts';
import type { Verifier } from '../verifier/verifier.ts';
import { createGuard, type Demand, type Guard } from './guard.ts';

/**
 * How the middlewares verify: by a verifier of their own, set up like `createVerifier`'s, or by one that there is already.
 *
 * @example
 * import { type AuthOptions, createAuth } from '@authcenter/client/express';
 * import { createVerifier } from '@authcenter/client/verify';
 *
 * const own: AuthOptions = { url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' };
 * const shared: AuthOptions = { verifier: createVerifier(own) };
 * createAuth(shared);
 */
export type AuthOptions = VerifierOptions | { readonly verifier: Verifier };

/**
 * The middlewares. Whoever is not known is answered 401 with `WWW-Authenticate` (RFC 6750), who may not 403, and 503 with `Retry-After`
 * when it cannot be known: an `application/problem+json` body as AuthCenter's own.
 *
 * @example
 * import type { FastifyAuth } from '@authcenter/client/fastify';
 *
 * export const guards = (auth: FastifyAuth) => [auth.requireAuth(), auth.requireRole('Admin', 'Editor')];
 */
export interface Middlewares<Required, Optional = Required> {
  /** What verifies; `verifier.close()` ends its feed. */
  readonly verifier: Verifier;
  /** Somebody who is known. */
  requireAuth(): Required;
  /**
   * Somebody with any of these roles. An API key has none: for programs demand permissions.
   *
   * @param names - of roles: `Admin`
   * @throws TypeError without any name
   */
  requireRole(...names: readonly string[]): Required;
  /**
   * Somebody who may do this. `MANAGE` on a resource covers every action on it.
   *
   * @param resource - in any case: `knowledge`
   * @param action - in any case: `CREATE`
   */
  requirePermission(resource: string, action: string): Required;
  /** Anybody: credentials that are good tell who it is, others and none count for nothing, as on AuthCenter's own public procedures. */
  optionalAuth(): Optional;
}

export interface Wrap<Required, Optional> {
  required(guard: Guard, demand: Demand): Required;
  optional(guard: Guard): Optional;
}

export function createMiddlewares<Required, Optional>(
  options: AuthOptions,
  wrap: Wrap<Required, Optional>,
): Middlewares<Required, Optional> {
  const verifier =
    'verifier' in options
      ? options.verifier
      : createVerifierIn(readVerifierEnvironment(options.fetch), readOptions(options));
  const guard = createGuard(verifier);
  return {
    verifier,
    requireAuth: () => wrap.required(guard, {}),
    requireRole(...names) {
      if (names.length === 0) throw new TypeError('requireRole needs the name of a role');
      return wrap.required(guard, { roles: names });
    },
    requirePermission(resource, action) {
      const pair = normalizePair(resource, action);
      return wrap.required(guard, { pair, permission: formatPair(pair) });
    },
    optionalAuth: () => wrap.optional(guard),
  };
}
