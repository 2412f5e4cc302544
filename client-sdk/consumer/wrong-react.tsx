// What an application in React must not be able to write: each line is refused by the compiler, or this file does not compile.
import { createAuthCenter } from '@authcenter/client';
import { AuthProvider, Can, useAuth, useCan } from '@authcenter/client/react';
import { createQueries, retryQuery, useAuthCenterQueries } from '@authcenter/client/react-query';
import { QueryClient, useMutation, useQuery } from '@tanstack/react-query';

const center = createAuthCenter({ url: 'https://auth.example.com' });
const queryClient = new QueryClient();

// The session
export const missing = [
  // @ts-expect-error no client
  <AuthProvider key="1" />,
  // @ts-expect-error the session alone
  <AuthProvider key="2" center={center.auth} />,
  // @ts-expect-error no permission
  <Can key="3">yes</Can>,
  // @ts-expect-error a permission is a text
  <Can key="4" permission={7} />,
  // @ts-expect-error an unknown attribute
  <Can key="5" permission="user:READ" otherwise="no" />,
];

export function useWrongly(): void {
  const auth = useAuth();
  // @ts-expect-error a status that there is not
  auth.status === 'loaded';
  // @ts-expect-error nobody may be signed in
  auth.user.username;
  // @ts-expect-error who is signed in is not for writing
  auth.user = null;
  if (auth.status === 'signed-out') {
    // @ts-expect-error nobody is signed in
    auth.user.username;
  }
  // @ts-expect-error hooks take no listener
  auth.onChange(() => {});
  // @ts-expect-error no password
  void auth.login({ username: 'li.lei' });
  // @ts-expect-error no permission
  useCan();

  const trpc = useAuthCenterQueries();
  // @ts-expect-error an unknown feature
  trpc.billing;
  // @ts-expect-error an unknown procedure
  trpc.users.destroy;
  // @ts-expect-error a query as a mutation
  trpc.users.list.mutationOptions();
  // @ts-expect-error a mutation as a query
  trpc.users.setStatus.queryOptions({ id: 'x', status: 'active' });
  // @ts-expect-error no input where there must be one
  trpc.users.get.queryOptions();
  // @ts-expect-error a field of the wrong type
  trpc.users.list.queryOptions({ limit: '10' });
  // @ts-expect-error an unknown field
  trpc.users.list.queryOptions({ page: 2 });
  // @ts-expect-error no pages
  trpc.users.get.infiniteQueryOptions({ id: 'x' });
  const { data } = useQuery(trpc.users.get.queryOptions({ id: 'x' }));
  // @ts-expect-error perhaps not there yet
  data.username;
  // @ts-expect-error a field that an answer does not have
  data?.password_hash;
  // @ts-expect-error a date is no text
  data?.created_at.trim();
  const { mutate } = useMutation(trpc.users.setStatus.mutationOptions());
  // @ts-expect-error a value that is none of the enumeration
  mutate({ id: 'x', status: 'deleted' });
  // @ts-expect-error the wrong way round
  createQueries(queryClient, center);
  // @ts-expect-error no cache
  createQueries(center);
  // @ts-expect-error a count is a number
  retryQuery('1', new Error('no'));
}
