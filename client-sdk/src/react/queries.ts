// The options of TanStack Query for every procedure, over the client's own links.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { useEffect, useSyncExternalStore } from 'react';
import type { AuthCenter } from '../create-auth-center.ts';
import type { AppRouter } from '../router.ts';
import { useStore } from './auth-provider.tsx';
import { createForgetter } from './forget.ts';
import { retryQuery } from './retry-query.ts';

/**
 * The options of TanStack Query for every procedure: `<feature>.<procedure>.queryOptions(input)`, `.infiniteQueryOptions(input)` where
 * there are pages, `.mutationOptions()`, and `.queryKey`, `.queryFilter`, `.pathFilter` for the cache.
 *
 * @example
 * import type { AuthCenterQueries } from '@authcenter/client/react-query';
 * import type { QueryClient } from '@tanstack/react-query';
 *
 * export const refreshUsers = (queryClient: QueryClient, queries: AuthCenterQueries) =>
 *   queryClient.invalidateQueries(queries.users.pathFilter());
 */
export type AuthCenterQueries = TRPCOptionsProxy<AppRouter, { keyPrefix: true }>;

interface Made {
  readonly queries: AuthCenterQueries;
  /** Empties the cache from now on whenever the person changes. */
  follow(): void;
}

const made = new WeakMap<QueryClient, WeakMap<AuthCenter, Made>>();

function make(center: AuthCenter, queryClient: QueryClient): Made {
  // Apart from the keys of the application's own router, and of another AuthCenter.
  const keyPrefix = `authcenter:${center.url}`;
  queryClient.setQueryDefaults([[keyPrefix]], { retry: retryQuery });
  let isFollowing = false;
  return {
    queries: createTRPCOptionsProxy<AppRouter, { keyPrefix: true }>({ client: center.api, queryClient, keyPrefix }),
    follow() {
      if (isFollowing) return;
      isFollowing = true;
      followPerson(center, createForgetter(queryClient));
    },
  };
}

function followPerson({ auth }: AuthCenter, forget: (isSomebody: boolean) => void): void {
  const identify = () => auth.user?.id ?? null;
  let person = identify();
  let isKnown = auth.status !== 'loading';
  const know = () => {
    isKnown = true;
  };
  auth.ready().then(know, () => {});
  auth.onChange(() => {
    const wasKnown = isKnown;
    know();
    if (identify() === person) return;
    person = identify();
    // What was asked for before it was known who asks, is theirs.
    if (wasKnown) forget(person !== null);
  });
}

function find(center: AuthCenter, queryClient: QueryClient): Made {
  const ofClient = made.get(queryClient) ?? new WeakMap<AuthCenter, Made>();
  made.set(queryClient, ofClient);
  const found = ofClient.get(center) ?? make(center, queryClient);
  ofClient.set(center, found);
  return found;
}

/**
 * Makes the options for a client and a `QueryClient`, for use outside of components; inside there is `useAuthCenterQueries`. Calls go
 * through the client's own links: tokens are renewed unseen, errors are `AuthCenterError`. From then on everything in the cache is
 * forgotten when the person changes, the application's own queries and waiting mutations, too; what is on the screen is asked for again
 * in the name of whoever has signed in.
 *
 * @param center - of `createAuthCenter`
 * @param queryClient - of TanStack Query
 * @returns the options; for the same two always the same object
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { createQueries } from '@authcenter/client/react-query';
 * import { QueryClient } from '@tanstack/react-query';
 *
 * const center = createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie' });
 * const queryClient = new QueryClient();
 * export const queries = createQueries(center, queryClient);
 *
 * // A router's loader:
 * const { items } = await queryClient.ensureQueryData(queries.users.list.queryOptions({ status: 'active' }));
 * console.log(items[0]?.created_at.toISOString());
 */
export function createQueries(center: AuthCenter, queryClient: QueryClient): AuthCenterQueries {
  const { queries, follow } = find(center, queryClient);
  follow();
  return queries;
}

/**
 * The options for the client of the `<AuthProvider>` and the `QueryClient` of the `<QueryClientProvider>` above; see `createQueries`.
 * The component is rendered again when the person changes.
 *
 * @returns the options; always the same object
 * @throws Error when one of the providers is missing
 * @example
 * import { useAuthCenterQueries } from '@authcenter/client/react-query';
 * import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
 *
 * export function Users() {
 *   const queries = useAuthCenterQueries();
 *   const queryClient = useQueryClient();
 *   const { data, error } = useQuery(queries.users.list.queryOptions({ status: 'active', limit: 50 }));
 *   const { mutate } = useMutation(
 *     queries.users.setStatus.mutationOptions({
 *       onSuccess: () => queryClient.invalidateQueries(queries.users.pathFilter()),
 *     }),
 *   );
 *   if (error) return <p>{error.message}</p>;
 *   return data?.items.map(({ id, username }) => (
 *     <button key={id} onClick={() => mutate({ id, status: 'inactive' })}>
 *       Disable {username}
 *     </button>
 *   ));
 * }
 */
export function useAuthCenterQueries(): AuthCenterQueries {
  const { center, subscribe, read } = useStore('useAuthCenterQueries');
  const queryClient = useQueryClient();
  // With the person, so that nothing of the last one is on the screen beside the next one's name.
  useSyncExternalStore(
    subscribe,
    () => read().user?.id,
    () => undefined,
  );
  const { queries, follow } = find(center, queryClient);
  // In an effect, of which servers have none: there each request has a cache of its own, and a client may outlive them all.
  useEffect(follow, [follow]);
  return queries;
}
