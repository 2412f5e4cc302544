// An application in React as one would write it: who is signed in, what they may do, and what they have asked for.
import { keepPreviousData, type QueryClient, QueryClientProvider, useMutation, useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { type AuthCenter, AuthCenterError, type LoginInput } from '../../../client-sdk/src/index.ts';
import { AuthProvider, Can, useAuth, useCan } from '../../../client-sdk/src/react.ts';
import { useAuthCenterQueries } from '../../../client-sdk/src/react-query.ts';

/** What a test finds out and decides. */
export interface Probe {
  /** What was rendered, in that order. */
  readonly statuses: string[];
  /** `<who is signed in>:<whose answer is shown>`. */
  readonly pairs: string[];
  /** What the button signs in with. */
  credentials: LoginInput;
}

export const createProbe = (): Probe => ({ statuses: [], pairs: [], credentials: { username: '', password: '' } });

function Session({ probe }: { readonly probe: Probe }): ReactElement {
  const auth = useAuth();
  const { mutate, status } = useMutation({ mutationFn: (input: LoginInput) => auth.login(input) });
  if (probe.statuses.at(-1) !== auth.status) probe.statuses.push(auth.status);
  return (
    <header>
      <output id="status">{auth.status}</output>
      <output id="name">{auth.user?.username}</output>
      <output id="login">{status}</output>
      <button type="button" onClick={() => mutate(probe.credentials)}>
        Sign in
      </button>
      <button type="button" onClick={() => auth.logout()}>
        Sign out
      </button>
    </header>
  );
}

function Rights(): ReactElement {
  const mayPublish = useCan('knowledge:PUBLISH');
  return (
    <section>
      <output id="may-publish">{String(mayPublish)}</output>
      <Can permission="KNOWLEDGE_PUBLISH" fallback={<p id="closed">not for you</p>}>
        <p id="open">for you</p>
      </Can>
    </section>
  );
}

/** Mounted whoever is signed in: nothing but the cache decides what it shows. */
function Answers({ probe }: { readonly probe: Probe }): ReactElement {
  const { user } = useAuth();
  const queries = useAuthCenterQueries();
  const [limit, setLimit] = useState(1);
  const me = useQuery({ ...queries.auth.me.queryOptions(), staleTime: 60_000 });
  const sessions = useQuery(queries.auth.sessions.list.queryOptions({ limit }, { placeholderData: keepPreviousData }));
  probe.pairs.push(`${user?.username ?? 'nobody'}:${me.data?.username ?? 'nothing'}`);
  const code = me.error instanceof AuthCenterError ? me.error.code : me.error && 'another error';
  return (
    <section>
      <output id="me">{me.data?.username ?? code}</output>
      <output id="sessions">{sessions.data?.items[0]?.id}</output>
      <button type="button" onClick={() => setLimit(limit + 1)}>
        More
      </button>
    </section>
  );
}

export const App = (props: {
  readonly center: AuthCenter;
  readonly queryClient: QueryClient;
  readonly probe: Probe;
}): ReactElement => (
  <QueryClientProvider client={props.queryClient}>
    <AuthProvider center={props.center}>
      <Session probe={props.probe} />
      <Rights />
      <Answers probe={props.probe} />
    </AuthProvider>
  </QueryClientProvider>
);
