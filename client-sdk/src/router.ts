// The one door to the server's types: its router, and what a caller derives from it.
import type { AppRouter as ServerRouter } from '@authcenter/server/router';
import type { TRPCClient } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

/**
 * The type of the server's router, for tools that are typed by it.
 *
 * @example
 * import type { AppRouter } from '@authcenter/client';
 * import type { TRPCClientErrorLike } from '@trpc/client';
 *
 * export const codeOf = (error: TRPCClientErrorLike<AppRouter>) => error.data?.code;
 */
export type AppRouter = ServerRouter;

/**
 * The typed client of every procedure: `api.<feature>.<procedure>.query(input)` or `.mutate(input)`.
 *
 * @example
 * import type { Api } from '@authcenter/client';
 *
 * export const countUsers = async (api: Api) => (await api.users.list.query({ with_total: true })).total;
 */
export type Api = TRPCClient<AppRouter>;

/**
 * What each procedure takes, by its path.
 *
 * @example
 * import type { RouterInputs } from '@authcenter/client';
 *
 * const filter: RouterInputs['users']['list'] = { status: 'active', limit: 50 };
 */
export type RouterInputs = inferRouterInputs<AppRouter>;

/**
 * What each procedure answers, by its path; dates are `Date`.
 *
 * @example
 * import type { RouterOutputs } from '@authcenter/client';
 *
 * type User = RouterOutputs['users']['get'];
 * export const isNew = (user: User) => user.login_history.last_login_at === null;
 */
export type RouterOutputs = inferRouterOutputs<AppRouter>;
