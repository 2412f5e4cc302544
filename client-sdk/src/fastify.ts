// Entry `@authcenter/client/fastify`: hooks for routes of Fastify.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readNodeHeaders } from './guard/headers.ts';
import { type AuthOptions, createMiddlewares, type Middlewares } from './guard/middlewares.ts';
import type { RequestAuth } from './guard/request-auth.ts';

export type { AuthOptions } from './guard/middlewares.ts';
export type { RequestAuth } from './guard/request-auth.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request; there behind `requireAuth`, `requireRole` and `requirePermission`. */
    auth?: RequestAuth;
  }
}

/**
 * A hook for `onRequest`, `preValidation` or `preHandler`, of one route or of all.
 *
 * @example
 * import type { AuthHook } from '@authcenter/client/fastify';
 *
 * export const asRoute = (hook: AuthHook) => ({ onRequest: hook });
 */
export type AuthHook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/**
 * The hooks of `createAuth`.
 *
 * @example
 * import type { FastifyAuth } from '@authcenter/client/fastify';
 *
 * export const editors = (auth: FastifyAuth) => auth.requireRole('Editor', 'Admin');
 */
export type FastifyAuth = Middlewares<AuthHook>;

/**
 * Hooks that let in who may, and tell of them in `request.auth`.
 *
 * @param options - `url` of the server, `clientId` and `clientSecret` of this service; or a `verifier`
 * @returns the hooks
 * @throws TypeError for options that do not fit
 * @example
 * import { createAuth } from '@authcenter/client/fastify';
 * import Fastify from 'fastify';
 *
 * const auth = createAuth({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
 * const app = Fastify();
 * app.get('/documents', { onRequest: auth.requirePermission('knowledge', 'READ') }, async ({ auth }) => `for ${auth?.username}`);
 */
export const createAuth = (options: AuthOptions): FastifyAuth =>
  createMiddlewares<AuthHook, AuthHook>(options, {
    required: (guard, demand) => async (request, reply) => {
      const asking = { ...readNodeHeaders(request.headers), requestId: request.id };
      const { auth, refusal } = await guard.check(asking, demand);
      if (!refusal) {
        request.auth = auth;
        return;
      }
      return reply.code(refusal.status).headers(refusal.headers).send(JSON.stringify(refusal.problem));
    },
    optional: (guard) => async (request) => {
      const auth = await guard.look(readNodeHeaders(request.headers));
      if (auth) request.auth = auth;
    },
  });
