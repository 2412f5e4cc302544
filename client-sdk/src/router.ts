// The one door to the server's types: its router, and what a caller derives from it.
import type { AppRouter } from '@authcenter/server/router';
import type { TRPCClient } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

export type { AppRouter };

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
