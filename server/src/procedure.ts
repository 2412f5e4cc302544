// endpoint(): the one declaration of a procedure, and the guard made from it. The only file that knows initTRPC.
import type { ErrorBody, ErrorCode } from '@authcenter/shared/errors';
import { initTRPC, type TRPC_ERROR_CODE_NUMBER } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z } from 'zod';
import { type Access, assertField, readAccess } from './access.ts';
import { answerError, type ErrorAudience } from './answer-error.ts';
import type { ApiKeyCaller, Caller, ClientCaller, Ctx, RootContext, UserCaller } from './context.ts';
import type { Deps } from './deps.ts';
import {
  checkItems,
  checkSelf,
  checkTicket,
  type GuardedCtx,
  guard,
  guardItem,
  observe,
  observeStream,
} from './guard.ts';
import type { LimitName } from './platform/rate-limits.ts';
import { HEARTBEAT, streamOf } from './platform/stream.ts';
import { wire } from './platform/wire.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Declaration<A extends Access = Access> {
  readonly access: A;
  /** Method and path under /api/v1: `'POST /users/{id}/roles'`. */
  readonly rest: `${Method} /${string}`;
  readonly summary: string;
  /** What it may answer beyond the errors that every procedure may (`listErrors`). */
  readonly errors?: readonly ErrorCode[];
  readonly limit: LimitName;
  /** Status of success; 200 when absent. 302: the answer's `url` is where the browser goes. */
  readonly status?: 200 | 201 | 202 | 204 | 302;
  /** Over REST takes a form as well as JSON, as OAuth's clients send it (RFC 6749 §4.1.3). */
  readonly form?: boolean;
  /** Demands a proof of identity at most 10 minutes old. */
  readonly stepUp?: boolean;
  /** Of a stream that comes to its end: over REST its items come as JSON lines instead of events. */
  readonly produces?: 'application/x-ndjson';
  /** Takes `Idempotency-Key`. */
  readonly idempotent?: boolean;
}

/** What stands beside a procedure: the declaration, and its REST door by trpc-openapi's convention. */
export interface Meta {
  readonly endpoint?: Declaration;
  readonly openapi?: {
    readonly method: Method;
    readonly path: `/${string}`;
    readonly summary: string;
    readonly tags: readonly string[];
    readonly protect: boolean;
  };
}

/** The shape of an error over tRPC. Named, because the SDK's declarations would repeat it at every procedure. */
export interface ErrorShape {
  readonly message: string;
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly data: ErrorBody & { readonly httpStatus: number; readonly path?: string };
}

/** tRPC's number for a status. Refused by that of INTERNAL_SERVER_ERROR, a subscription would be asked for again for ever. */
const REFUSALS: Partial<Record<number, TRPC_ERROR_CODE_NUMBER>> = {
  401: TRPC_ERROR_CODES_BY_KEY.UNAUTHORIZED,
  402: TRPC_ERROR_CODES_BY_KEY.PAYMENT_REQUIRED,
  403: TRPC_ERROR_CODES_BY_KEY.FORBIDDEN,
  404: TRPC_ERROR_CODES_BY_KEY.NOT_FOUND,
  409: TRPC_ERROR_CODES_BY_KEY.CONFLICT,
  413: TRPC_ERROR_CODES_BY_KEY.PAYLOAD_TOO_LARGE,
  415: TRPC_ERROR_CODES_BY_KEY.UNSUPPORTED_MEDIA_TYPE,
  429: TRPC_ERROR_CODES_BY_KEY.TOO_MANY_REQUESTS,
};

const numberOf = (status: number): TRPC_ERROR_CODE_NUMBER =>
  status < 500
    ? (REFUSALS[status] ?? TRPC_ERROR_CODES_BY_KEY.BAD_REQUEST)
    : TRPC_ERROR_CODES_BY_KEY.INTERNAL_SERVER_ERROR;

/** Where there is no context (an unknown path), nobody is known either. */
const NOBODY: ErrorAudience = { id: '', language: () => 'en' };

const t = initTRPC
  .context<RootContext>()
  .meta<Meta>()
  .create({
    transformer: wire,
    isDev: false,
    isServer: true,
    // Silent for so long, a client asks again: its connection is dead.
    sse: { ping: { enabled: true, intervalMs: HEARTBEAT }, client: { reconnectAfterInactivityMs: 3 * HEARTBEAT } },
    errorFormatter: ({ error, ctx, path }): ErrorShape => {
      const body = answerError(error, ctx?.request ?? NOBODY);
      return {
        message: body.detail,
        code: numberOf(body.status),
        data: { ...body, httpStatus: body.status, ...(path === undefined ? {} : { path }) },
      };
    },
  });

export const router = t.router;
export const mergeRouters = t.mergeRouters;

// For routers, which know nothing of the platform.
export { streamOf };

/** The input of a procedure that takes none. */
export const NoInput = z.strictObject({}).optional();

type KindsOf<A extends Access> = A extends readonly (infer K)[] ? K : A;
type CallerOf<A extends Access> =
  Extract<KindsOf<A>, 'public' | `ticket(${string})`> extends never ? UserOrClient<A> : Caller | null;
/** An API key passes where it is named, and by a permission: whose name is in capitals. */
type ByKey = 'api_key' | `${Lowercase<string>}:${Uppercase<string>}`;
type UserOrClient<A extends Access> =
  | (Exclude<KindsOf<A>, 'client' | `client:${string}`> extends never ? never : UserCaller)
  | (Extract<KindsOf<A>, ByKey> extends never ? never : ApiKeyCaller)
  | (Extract<KindsOf<A>, 'client' | `client:${string}`> extends never ? never : ClientCaller);
const builderFor = <C extends Caller | null>() =>
  t.procedure.use(({ ctx, next }) => next({ ctx: ctx as Ctx<keyof Deps, C> }));
type BuilderFor<C extends Caller | null> = ReturnType<typeof builderFor<C>>;
/** Where somebody passes only as themselves, or by a ticket, the input comes first. */
type EndpointBuilder<A extends Access> =
  Extract<KindsOf<A>, `self(${string})` | `ticket(${string})`> extends never
    ? BuilderFor<CallerOf<A>>
    : Pick<BuilderFor<CallerOf<A>>, 'input'>;

/**
 * Declares a procedure. What it returns is tRPC's builder, with the guard in front.
 *
 * @example
 * list: endpoint({ access: 'user:READ', rest: 'GET /users', summary: 'List users', limit: 'read' })
 *   .input(ListUsersInput).output(UserPage)
 *   .query(({ ctx, input }) => listUsers(ctx, input)),
 */
export function endpoint<const A extends Access>(declaration: Declaration<A>): EndpointBuilder<A> {
  const rule = readAccess(declaration.access);
  const [method, path] = declaration.rest.split(' ') as [Method, `/${string}`];
  const tag = path.split('/')[1] ?? '';
  const guarded = t.procedure
    .meta({
      endpoint: declaration,
      openapi: { method, path, summary: declaration.summary, tags: [tag], protect: !rule.isPublic },
    })
    .use(({ ctx, next, path: procedure, type }) => {
      const enter = async () => {
        await guard(ctx as GuardedCtx, declaration, rule);
        return next();
      };
      if (type !== 'subscription') return observe(ctx as GuardedCtx, procedure, enter);
      const check = () => guardItem(ctx as GuardedCtx, rule);
      return observeStream(ctx as GuardedCtx, procedure, () => checkItems(enter(), check));
    });
  const fields = [...rule.selfFields, ...rule.ticketFields];
  if (fields.length === 0) return guarded as EndpointBuilder<A>;
  // What only the parsed input can decide comes right after it. Nothing else can be called first, or the check would be lost.
  const input: typeof guarded.input = (schema) => {
    for (const field of fields) assertField(schema as object as z.ZodType, field);
    return guarded.input(schema).use(({ ctx, next, input, type }) => {
      checkTicket(ctx as GuardedCtx, rule, input);
      checkSelf(ctx as GuardedCtx, rule, input);
      return type === 'subscription' ? checkItems(next(), () => checkSelf(ctx as GuardedCtx, rule, input)) : next();
    });
  };
  return { input } as EndpointBuilder<A>;
}
