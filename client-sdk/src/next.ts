// Entry `@authcenter/client/next`: route handlers of Next.js, and its middleware. Both are the web platform's Request and Response.
import { readWebHeaders } from './guard/headers.ts';
import { type AuthOptions, createMiddlewares, type Middlewares } from './guard/middlewares.ts';
import type { RequestAuth } from './guard/request-auth.ts';
import { toResponse } from './guard/web-response.ts';

export type { AuthOptions } from './guard/middlewares.ts';
export type { RequestAuth } from './guard/request-auth.ts';

/**
 * What Next.js calls: a request, and what belongs to its route.
 *
 * @example
 * import type { RouteHandler } from '@authcenter/client/next';
 *
 * export const GET: RouteHandler<Request, { params: Promise<{ id: string }> }> = async (_request, { params }) =>
 *   Response.json({ id: (await params).id });
 */
export type RouteHandler<R extends Request, C> = (request: R, context: C) => Promise<Response>;

/**
 * Wraps a route handler, whose request then tells who makes it; its member `middleware` is one for Next's middleware.
 *
 * @example
 * import type { RequestAuth, RouteGuard } from '@authcenter/client/next';
 *
 * export const greet = (guard: RouteGuard<RequestAuth>) => guard(({ auth }) => new Response(auth.username));
 */
export interface RouteGuard<A> {
  /** The handler as Next.js is to call it. */
  <R extends Request = Request, C = unknown>(
    handler: (request: R & { readonly auth: A }, context: C) => Response | Promise<Response>,
  ): RouteHandler<R, C>;
  /**
   * For `middleware.ts` (`proxy.ts` since Next 16), on Node's runtime: the refusal of whoever may not pass; undefined lets the others through.
   *
   * @param request - as Next.js hands it over
   * @throws AuthCenterError never: what could not be known is a refusal
   */
  middleware(request: Request): Promise<Response | undefined>;
}

/**
 * The wrappers of `createAuth`.
 *
 * @example
 * import type { NextAuth } from '@authcenter/client/next';
 *
 * export const editors = (auth: NextAuth) => auth.requireRole('Editor', 'Admin');
 */
export type NextAuth = Middlewares<RouteGuard<RequestAuth>, RouteGuard<RequestAuth | null>>;

/**
 * Wrappers of route handlers that let in who may, and tell of them in `request.auth`. Make them once, in a module of their own.
 *
 * @param options - `url` of the server, `clientId` and `clientSecret` of this service; or a `verifier`
 * @returns the wrappers
 * @throws TypeError for options that do not fit
 * @example
 * import { createAuth } from '@authcenter/client/next';
 *
 * const auth = createAuth({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
 *
 * // app/documents/[id]/route.ts
 * export const GET = auth.requirePermission('knowledge', 'READ')(
 *   async (request, { params }: { params: Promise<{ id: string }> }) =>
 *     Response.json({ id: (await params).id, reader: request.auth.username }),
 * );
 *
 * // middleware.ts
 * export const { middleware } = auth.requireAuth();
 */
export const createAuth = (options: AuthOptions): NextAuth =>
  createMiddlewares<RouteGuard<RequestAuth>, RouteGuard<RequestAuth | null>>(options, {
    required: (guard, demand) =>
      wrap(async ({ headers }) => {
        const { auth, refusal } = await guard.check(readWebHeaders(headers), demand);
        return refusal ? { response: toResponse(refusal) } : { auth };
      }),
    optional: (guard) => wrap(async ({ headers }) => ({ auth: await guard.look(readWebHeaders(headers)) })),
  });

type Outcome<A> = { readonly auth: A; readonly response?: undefined } | { readonly response: Response };

function wrap<A>(look: (request: Request) => Promise<Outcome<A>>): RouteGuard<A> {
  const guard: <R extends Request, C>(
    handler: (request: R & { readonly auth: A }, context: C) => Response | Promise<Response>,
  ) => RouteHandler<R, C> = (handler) => async (request, context) => {
    const outcome = await look(request);
    return outcome.response ?? handler(Object.assign(request, { auth: outcome.auth }), context);
  };
  return Object.assign(guard, { middleware: async (request: Request) => (await look(request)).response });
}
