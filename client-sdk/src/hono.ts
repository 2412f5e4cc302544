// Entry `@authcenter/client/hono`: middlewares for Hono.
import type { MiddlewareHandler } from 'hono';
import { readWebHeaders } from './guard/headers.ts';
import { type AuthOptions, createMiddlewares, type Middlewares } from './guard/middlewares.ts';
import type { RequestAuth } from './guard/request-auth.ts';
import { toResponse } from './guard/web-response.ts';

export type { AuthOptions } from './guard/middlewares.ts';
export type { RequestAuth } from './guard/request-auth.ts';

/**
 * Sets `c.var.auth`: who makes the request.
 *
 * @example
 * import type { AuthMiddleware } from '@authcenter/client/hono';
 * import { Hono } from 'hono';
 *
 * export const greet = (guard: AuthMiddleware) => new Hono().get('/', guard, (c) => c.text(c.var.auth.username));
 */
export type AuthMiddleware = MiddlewareHandler<{ Variables: { auth: RequestAuth } }>;

/**
 * Sets `c.var.auth`, to null for whoever is not known.
 *
 * @example
 * import type { OptionalAuthMiddleware } from '@authcenter/client/hono';
 * import { Hono } from 'hono';
 *
 * export const greet = (look: OptionalAuthMiddleware) => new Hono().get('/', look, (c) => c.text(c.var.auth?.username ?? 'you'));
 */
export type OptionalAuthMiddleware = MiddlewareHandler<{ Variables: { auth: RequestAuth | null } }>;

/**
 * The middlewares of `createAuth`.
 *
 * @example
 * import type { HonoAuth } from '@authcenter/client/hono';
 *
 * export const editors = (auth: HonoAuth) => auth.requireRole('Editor', 'Admin');
 */
export type HonoAuth = Middlewares<AuthMiddleware, OptionalAuthMiddleware>;

/**
 * Middlewares that let in who may, and tell of them in `c.var.auth`.
 *
 * @param options - `url` of the server, `clientId` and `clientSecret` of this service; or a `verifier`
 * @returns the middlewares
 * @throws TypeError for options that do not fit
 * @example
 * import { createAuth } from '@authcenter/client/hono';
 * import { Hono } from 'hono';
 *
 * const auth = createAuth({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
 * const app = new Hono();
 * app.get('/documents', auth.requirePermission('knowledge', 'READ'), (c) => c.text(`for ${c.var.auth.username}`));
 */
export const createAuth = (options: AuthOptions): HonoAuth =>
  createMiddlewares<AuthMiddleware, OptionalAuthMiddleware>(options, {
    required: (guard, demand) => async (c, next) => {
      const { auth, refusal } = await guard.check(readWebHeaders(c.req.raw.headers), demand);
      if (refusal) return toResponse(refusal);
      c.set('auth', auth);
      return next();
    },
    optional: (guard) => async (c, next) => {
      c.set('auth', await guard.look(readWebHeaders(c.req.raw.headers)));
      return next();
    },
  });
