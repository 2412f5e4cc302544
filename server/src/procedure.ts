// endpoint(): the one declaration of a procedure, and the guard made from it. The only file that knows initTRPC.
import type { ErrorBody, ErrorCode } from '@authcenter/shared/errors';
import { initTRPC, type TRPC_ERROR_CODE_NUMBER } from '@trpc/server';
import { z } from 'zod';
import { type Access, assertSelfField, readAccess } from './access.ts';
import { answerError, type ErrorAudience } from './answer-error.ts';
import type { Caller, ClientCaller, Ctx, RootContext, UserCaller } from './context.ts';
import type { Deps } from './deps.ts';
import { checkSelf, type GuardedCtx, guard, observe } from './guard.ts';
import type { LimitName } from './platform/rate-limits.ts';
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
  /** Status of success; 200 when absent. */
  readonly status?: 200 | 201 | 202 | 204;
  /** Demands a proof of identity at most 10 minutes old. */
  readonly stepUp?: boolean;
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

/** Where there is no context (an unknown path), nobody is known either. */
const NOBODY: ErrorAudience = { id: '', language: () => 'en' };

const t = initTRPC
  .context<RootContext>()
  .meta<Meta>()
  .create({
    transformer: wire,
    isDev: false,
    isServer: true,
    errorFormatter: ({ error, ctx, path, shape }): ErrorShape => {
      const body = answerError(error, ctx?.request ?? NOBODY);
      return {
        message: body.detail,
        code: shape.code,
        data: { ...body, httpStatus: body.status, ...(path === undefined ? {} : { path }) },
      };
    },
  });

export const router = t.router;

/** The input of a procedure that takes none. */
export const NoInput = z.strictObject({}).optional();

type KindsOf<A extends Access> = A extends readonly (infer K)[] ? K : A;
type CallerOf<A extends Access> =
  'public' extends KindsOf<A>
    ? Caller | null
    : Extract<KindsOf<A>, 'client' | `client:${string}`> extends never
      ? UserCaller
      : UserCaller | ClientCaller;
const builderFor = <C extends Caller | null>() =>
  t.procedure.use(({ ctx, next }) => next({ ctx: ctx as Ctx<keyof Deps, C> }));
type BuilderFor<C extends Caller | null> = ReturnType<typeof builderFor<C>>;
/** Where somebody passes only as themselves, the input comes first. */
type EndpointBuilder<A extends Access> =
  Extract<KindsOf<A>, `self(${string})`> extends never
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
    .use(({ ctx, next, path: procedure }) =>
      observe(ctx as GuardedCtx, procedure, async () => {
        await guard(ctx as GuardedCtx, declaration, rule);
        return next();
      }),
    );
  if (rule.selfFields.length === 0) return guarded as EndpointBuilder<A>;
  // What only the parsed input can decide comes right after it. Nothing else can be called first, or the check would be lost.
  const input: typeof guarded.input = (schema) => {
    for (const field of rule.selfFields) assertSelfField(schema as object as z.ZodType, field);
    return guarded.input(schema).use(({ ctx, next, input }) => {
      checkSelf(ctx as GuardedCtx, rule, input);
      return next();
    });
  };
  return { input } as EndpointBuilder<A>;
}
