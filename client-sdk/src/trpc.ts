// Entry `@authcenter/client/trpc`: middlewares for procedures of tRPC, and what makes their refusals whole over HTTP.
import { TRPCError, type TRPCMiddlewareFunction } from '@trpc/server';
import { type NodeHeaders, readNodeHeaders, readWebHeaders, type WebHeaders } from './guard/headers.ts';
import { type AuthOptions, createMiddlewares, type Middlewares } from './guard/middlewares.ts';
import type { Problem, Refusal } from './guard/refusal.ts';
import type { RequestAuth } from './guard/request-auth.ts';

export type { AuthOptions } from './guard/middlewares.ts';
export type { Problem } from './guard/refusal.ts';
export type { RequestAuth } from './guard/request-auth.ts';

/**
 * What the middlewares read of a procedure's context; `authContext` makes it.
 *
 * @example
 * import type { AuthContext } from '@authcenter/client/trpc';
 *
 * export const forTests: AuthContext = { authorization: 'Bearer eyJhbGciOiJFUzI1NiIs…' };
 */
export interface AuthContext {
  /** The request's `Authorization`. */
  readonly authorization?: string | null | undefined;
  /** Its `Accept-Language`. */
  readonly language?: string | null | undefined;
  /** By which the request is known in logs. */
  readonly requestId?: string | null | undefined;
}

/**
 * A middleware for `procedure.use`: it sets `ctx.auth`.
 *
 * @example
 * import { type AuthContext, type AuthMiddleware, type RequestAuth } from '@authcenter/client/trpc';
 * import { initTRPC } from '@trpc/server';
 *
 * const t = initTRPC.context<AuthContext>().create();
 * export const whoAmI = (guard: AuthMiddleware<RequestAuth>) => t.procedure.use(guard).query(({ ctx }) => ctx.auth.username);
 */
export type AuthMiddleware<A> = TRPCMiddlewareFunction<AuthContext, unknown, object, { readonly auth: A }, unknown>;

/**
 * The middlewares of `createAuth`.
 *
 * @example
 * import type { TrpcAuth } from '@authcenter/client/trpc';
 *
 * export const editors = (auth: TrpcAuth) => auth.requireRole('Editor', 'Admin');
 */
export type TrpcAuth = Middlewares<AuthMiddleware<RequestAuth>, AuthMiddleware<RequestAuth | null>>;

/** tRPC's names of the statuses. */
const CODES = { 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 503: 'SERVICE_UNAVAILABLE' } as const;

const refusals = new WeakMap<object, Refusal>();

function toTrpcError(refusal: Refusal): TRPCError {
  const code = CODES[refusal.status as keyof typeof CODES];
  const error = new TRPCError({ code, message: refusal.problem.detail, cause: refusal.cause });
  refusals.set(error, refusal);
  return error;
}

/**
 * Middlewares that let in who may, and tell of them in `ctx.auth`; the others get a `TRPCError`.
 *
 * @param options - `url` of the server, `clientId` and `clientSecret` of this service; or a `verifier`
 * @returns the middlewares
 * @throws TypeError for options that do not fit
 * @example
 * import { authContext, authErrorFormatter, authResponseMeta, createAuth } from '@authcenter/client/trpc';
 * import { initTRPC } from '@trpc/server';
 * import { createHTTPServer } from '@trpc/server/adapters/standalone';
 *
 * const auth = createAuth({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
 * const t = initTRPC.context<typeof authContext>().create({ errorFormatter: authErrorFormatter });
 * const router = t.router({
 *   me: t.procedure.use(auth.requireAuth()).query(({ ctx }) => ctx.auth.username),
 *   publish: t.procedure.use(auth.requirePermission('knowledge', 'PUBLISH')).mutation(() => 'published'),
 * });
 * createHTTPServer({ router, createContext: authContext, responseMeta: authResponseMeta }).listen(3001);
 */
export const createAuth = (options: AuthOptions): TrpcAuth =>
  createMiddlewares<AuthMiddleware<RequestAuth>, AuthMiddleware<RequestAuth | null>>(options, {
    required:
      (guard, demand) =>
      async ({ ctx, next }) => {
        const { auth, refusal } = await guard.check(ctx, demand);
        if (refusal) throw toTrpcError(refusal);
        return next({ ctx: { auth } });
      },
    optional:
      (guard) =>
      async ({ ctx, next }) =>
        next({ ctx: { auth: await guard.look(ctx) } }),
  });

/**
 * What the middlewares need of a request; of the standalone, Express, Fastify and fetch adapters alike.
 *
 * @param options - as the adapter hands them over; only `req` is read
 * @example
 * import { authContext } from '@authcenter/client/trpc';
 *
 * const db = { find: (id: string) => id };
 * export const createContext = (options: { req: Request }) => ({ ...authContext(options), db });
 */
export function authContext(options: { readonly req: { readonly headers: NodeHeaders | WebHeaders } }): AuthContext {
  const { headers } = options.req;
  return typeof headers['get'] === 'function'
    ? readWebHeaders(headers as WebHeaders)
    : readNodeHeaders(headers as NodeHeaders);
}

/**
 * For the adapter's `responseMeta`: the headers of a refusal, `WWW-Authenticate` and `Retry-After`.
 *
 * @param options - as tRPC hands them over; only `errors` is read
 * @example
 * import { authResponseMeta } from '@authcenter/client/trpc';
 *
 * export const handler = { responseMeta: authResponseMeta };
 */
export function authResponseMeta(options: { readonly errors: readonly object[] }): {
  headers?: Record<string, string>;
} {
  const found = options.errors.map((error) => refusals.get(error)).find((refusal) => refusal !== undefined);
  if (!found) return {};
  // The body is tRPC's own.
  const { 'content-type': _type, ...headers } = found.headers;
  return { headers };
}

/**
 * For `initTRPC.create`: the error's `data` then holds the refusal as a `problem`, as AuthCenter's REST answers it.
 *
 * @param options - as tRPC hands them over
 * @example
 * import { authErrorFormatter } from '@authcenter/client/trpc';
 * import { initTRPC } from '@trpc/server';
 *
 * export const t = initTRPC.create({ errorFormatter: authErrorFormatter });
 */
export function authErrorFormatter<S extends { readonly data: object }>(options: {
  readonly shape: S;
  readonly error: object;
}): S & { data: { problem?: Problem } } {
  const { shape, error } = options;
  const problem = refusals.get(error)?.problem;
  return { ...shape, data: { ...shape.data, ...(problem ? { problem } : {}) } };
}
