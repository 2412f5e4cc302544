// What an application in React may write: compiled against the packed package, never run. Each type is pinned to exactly what it must be.
import {
  AuthCenterError,
  type AuthCenterErrorCode,
  createAuthCenter,
  type LoginResult,
  type RouterInputs,
  type RouterOutputs,
  type SessionUser,
} from '@authcenter/client';
import { AuthProvider, type AuthState, Can, useAuth, useCan } from '@authcenter/client/react';
import {
  type AuthCenterQueries,
  createQueries,
  retryQuery,
  useAuthCenterQueries,
} from '@authcenter/client/react-query';
import {
  keepPreviousData,
  QueryClient,
  QueryClientProvider,
  skipToken,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useSuspenseQuery,
} from '@tanstack/react-query';
import type { ReactElement } from 'react';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

const center = createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie' });
isExactly<typeof center.auth.status, 'loading' | 'signed-in' | 'signed-out'>(true);
const queryClient = new QueryClient({ defaultOptions: { queries: { retry: retryQuery } } });
const queries: AuthCenterQueries = createQueries(center, queryClient);

export const App = (): ReactElement => (
  <QueryClientProvider client={queryClient}>
    <AuthProvider center={center}>
      <Account />
      <Can permission="knowledge:CREATE">
        <Users among="Editor" />
      </Can>
      <Can permission="TAG_MANAGE" fallback={<p>no</p>} />
      <Can permission={'invoice:APPROVE' as string} fallback="no">
        yes
      </Can>
    </AuthProvider>
  </QueryClientProvider>
);

// The session
export function describe(auth: AuthState): string {
  switch (auth.status) {
    case 'loading':
      isExactly<typeof auth.error, AuthCenterError | null>(true);
      isExactly<typeof auth.user, null>(true);
      return auth.error?.code ?? 'loading';
    case 'signed-out':
      isExactly<typeof auth.user, null>(true);
      return 'nobody';
    case 'signed-in':
      isExactly<typeof auth.user, SessionUser>(true);
      return auth.user.username;
  }
}

export function Account(): ReactElement {
  const auth = useAuth();
  isExactly<typeof auth, AuthState>(true);
  isExactly<typeof auth.user, SessionUser | null>(true);
  isExactly<Awaited<ReturnType<typeof auth.login>>, LoginResult>(true);
  const { login, logout, can } = auth;
  const mayPublish = useCan('knowledge:PUBLISH');
  isExactly<typeof mayPublish, boolean>(true);
  isExactly<ReturnType<typeof can>, boolean>(true);
  const signIn = () => login({ username: 'li.lei', password: 'secret' });
  return (
    <button type="button" onClick={() => (auth.user ? logout({ everywhere: can('user:READ') }) : signIn())}>
      {describe(auth)}
    </button>
  );
}

// Queries
export function Users({ among }: { readonly among: string | null }): ReactElement {
  const trpc = useAuthCenterQueries();
  isExactly<typeof trpc, AuthCenterQueries>(true);
  const { data, error } = useQuery(
    trpc.users.list.queryOptions(
      { status: 'active', limit: 50 },
      { placeholderData: keepPreviousData, staleTime: 10_000 },
    ),
  );
  isExactly<typeof data, RouterOutputs['users']['list'] | undefined>(true);
  if (error instanceof AuthCenterError) isExactly<typeof error.code, AuthCenterErrorCode>(true);
  const code: string | undefined = error?.data?.code;

  const user = useSuspenseQuery(trpc.users.get.queryOptions({ id: 'x' })).data;
  isExactly<typeof user, RouterOutputs['users']['get']>(true);
  isExactly<typeof user.created_at, Date>(true);
  const names = useQuery(
    trpc.users.list.queryOptions(among === null ? skipToken : { role: among }, {
      select: ({ items }) => items.map(({ username }) => username),
    }),
  );
  isExactly<typeof names.data, string[] | undefined>(true);
  const me = useQuery(trpc.auth.me.queryOptions());
  isExactly<typeof me.data, SessionUser | undefined>(true);

  const pages = useInfiniteQuery(
    trpc.users.list.infiniteQueryOptions({ limit: 10 }, { getNextPageParam: ({ next_cursor }) => next_cursor }),
  );
  isExactly<NonNullable<typeof pages.data>['pages'], RouterOutputs['users']['list'][]>(true);

  const { mutate, mutateAsync } = useMutation(
    trpc.users.setStatus.mutationOptions({
      onSuccess: (changed) => queryClient.setQueryData(trpc.users.get.queryKey({ id: changed.id }), changed),
      onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
    }),
  );
  isExactly<Parameters<typeof mutate>[0], RouterInputs['users']['setStatus']>(true);
  isExactly<Awaited<ReturnType<typeof mutateAsync>>, RouterOutputs['users']['setStatus']>(true);
  return (
    <button type="button" onClick={() => mutate({ id: 'x', status: 'inactive' })}>
      {code} {data?.items[0]?.username} {names.data?.join()} {me.data?.id}
    </button>
  );
}

// Outside of components
const list = await queryClient.ensureQueryData(queries.users.list.queryOptions({ limit: 10 }));
isExactly<typeof list, RouterOutputs['users']['list']>(true);
const cached = queryClient.getQueryData(queries.users.list.queryKey({ limit: 10 }));
isExactly<typeof cached, RouterOutputs['users']['list'] | undefined>(true);
isExactly<ReturnType<typeof retryQuery>, boolean>(true);
