// The options for TanStack Query, without React: through the client's own links, and forgotten when the person changes.
import { keepPreviousData, MutationObserver, onlineManager, QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AuthCenterError } from '../../../client-sdk/src/index.ts';
import { createQueries, retryQuery } from '../../../client-sdk/src/react-query.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { createGate, createTestClient, signIn, type TestClient } from './test-client.ts';

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());

let center: TestClient;
let queryClient: QueryClient;
let stops: (() => void)[] = [];
beforeEach(async () => {
  server.resetCounts();
  center = createTestClient(server);
  queryClient = new QueryClient();
  queryClient.mount();
  await signIn(center);
});
afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
  server.control.hold = async () => {};
  server.control.refuse = () => undefined;
  onlineManager.setOnline(true);
  queryClient.unmount();
  queryClient.clear();
});

type Options = ConstructorParameters<typeof QueryObserver>[1];

/** As a component that shows a query. */
function show(options: unknown) {
  const observer = new QueryObserver(queryClient, options as Options);
  stops.push(observer.subscribe(() => {}));
  return observer;
}
const shown = (observer: ReturnType<typeof show>) => JSON.stringify(observer.getCurrentResult().data) ?? 'nothing';
const settle = () => vi.waitFor(() => expect(queryClient.isFetching()).toBe(0));
const readCache = () => JSON.stringify(queryClient.getQueryCache().getAll());

test('go through the client: tokens that are out of date are renewed, once for all, and nobody notices', async () => {
  const queries = createQueries(center, queryClient);
  expect(createQueries(center, queryClient)).toBe(queries);
  server.outdateTokens('TOKEN_STALE');
  const ids = ['a', 'b', 'c'];
  const users = await Promise.all(ids.map((id) => queryClient.fetchQuery(queries.users.get.queryOptions({ id }))));
  expect(users.map(({ id, created_at }) => [id, created_at])).toEqual(ids.map((id) => [id, new Date(0)]));
  expect(server.countCalls('auth.refresh')).toBe(1);
});

test('fail with AuthCenterError, at once when the refusal is final', async () => {
  const queries = createQueries(center, queryClient);
  server.control.refuse = (path) =>
    path === 'users.get' ? { code: 'PERMISSION_DENIED', permission: 'user:READ' } : undefined;
  const observer = show(queries.users.get.queryOptions({ id: 'x' }));
  await settle();
  const { error } = observer.getCurrentResult();
  expect(error).toBeInstanceOf(AuthCenterError);
  expect(error).toMatchObject({ code: 'PERMISSION_DENIED', permission: 'user:READ' });
  expect(server.countCalls('users.get')).toBe(1);
});

test.each([
  ['no answer', { code: 'NETWORK_ERROR' }, true],
  ['a proxy’s page', { code: 'NETWORK_ERROR', status: 502 }, true],
  ['a proxy’s 503, which the SDK has repeated', { code: 'NETWORK_ERROR', status: 503 }, false],
  ['a limit, which the SDK has waited for', { code: 'RATE_LIMITED', status: 429 }, false],
  ['a session that is over', { code: 'UNAUTHENTICATED', status: 401 }, false],
  ['a person who may not', { code: 'PERMISSION_DENIED', status: 403 }, false],
] as const)('after %s it is tried again: %#', (_name, facts, isWorth) => {
  const error = new AuthCenterError(facts);
  expect([0, 1, 2, 3].map((count) => retryQuery(count, error))).toEqual([isWorth, isWorth, isWorth, false]);
});

test('other errors are tried again as ever', () => {
  expect([0, 2, 3].map((count) => retryQuery(count, new Error('of the application')))).toEqual([true, true, false]);
});

describe('when the person changes', () => {
  test('what the last one asked for is gone, the application’s own as well; what is shown is asked for again', async () => {
    const queries = createQueries(center, queryClient);
    const me = show({ ...queries.auth.me.queryOptions(), staleTime: Number.POSITIVE_INFINITY });
    let owner = 'li.lei’s own';
    const own = show({ queryKey: ['own'], queryFn: () => owner });
    await settle();
    expect([shown(me), shown(own)]).toEqual([expect.stringContaining('"li.lei"'), '"li.lei’s own"']);

    const calls = server.countCalls('auth.me');
    owner = 'nobody’s own';
    await center.auth.logout();
    expect([shown(me), shown(own)]).toEqual(['nothing', 'nothing']);
    expect(readCache()).not.toContain('li.lei');
    // Whatever is shown still is rendered anew, or goes; until then nothing is asked for in vain.
    expect(server.countCalls('auth.me')).toBe(calls);

    owner = 'han.meimei’s own';
    await signIn(center, 'han.meimei');
    await settle();
    expect([shown(me), shown(own)]).toEqual([expect.stringContaining('"han.meimei"'), '"han.meimei’s own"']);
    expect(readCache()).not.toContain('li.lei');
  });

  test('without a sign-out between', async () => {
    const queries = createQueries(center, queryClient);
    const me = show(queries.auth.me.queryOptions());
    await settle();
    await signIn(center, 'han.meimei');
    expect(shown(me)).toBe('nothing');
    await settle();
    expect(shown(me)).toContain('"han.meimei"');
  });

  test('an answer that was under way belongs to nobody', async () => {
    const queries = createQueries(center, queryClient);
    const gate = createGate();
    server.control.hold = async (path) => {
      if (path === 'users.get') await gate.pass();
    };
    const options = queries.users.get.queryOptions({ id: 'x' });
    const user = show(options);
    const fetched = queryClient.fetchQuery(options).then(
      () => 'answered',
      () => 'given up',
    );
    await gate.reached;
    await center.auth.logout();
    gate.open();
    expect(await fetched).toBe('given up');
    expect([shown(user), readCache()]).toEqual(['nothing', '[]']);
  });

  test('data that is kept while the next page is on its way is not kept', async () => {
    const queries = createQueries(center, queryClient);
    const readPage = (id: string) => queries.users.get.queryOptions({ id }, { placeholderData: keepPreviousData });
    const pages = show(readPage('1'));
    await settle();
    const gate = createGate();
    server.control.hold = async (path) => {
      if (path === 'users.get') await gate.pass();
    };
    pages.setOptions(readPage('2') as unknown as Options);
    expect(shown(pages)).toContain('li.lei');
    await gate.reached;
    await center.auth.login({ username: 'han.meimei', password: 'right' });
    expect(shown(pages)).toBe('nothing');
    // As the next rendering does.
    pages.setOptions(readPage('2') as unknown as Options);
    expect(shown(pages)).toBe('nothing');
    gate.open();
    await settle();
    expect(shown(pages)).toContain('han.meimei');
  });

  test('an act that waited for the network is not done in another person’s name', async () => {
    const queries = createQueries(center, queryClient);
    onlineManager.setOnline(false);
    const act = new MutationObserver(queryClient, queries.users.setStatus.mutationOptions());
    act.mutate({ id: 'x', status: 'inactive' }).catch(() => {});
    await vi.waitFor(() => expect(act.getCurrentResult().isPaused).toBe(true));
    await signIn(center, 'han.meimei');
    onlineManager.setOnline(true);
    await queryClient.resumePausedMutations();
    expect(server.countCalls('users.setStatus')).toBe(0);
  });

  test('new rights of the same person, and finding out who it is, forget nothing', async () => {
    const storage = new Map<string, string>();
    const options = {
      storage: {
        get: async (key: string) => storage.get(key) ?? null,
        set: async (key: string, value: string) => void storage.set(key, value),
        remove: async (key: string) => void storage.delete(key),
      },
    };
    await signIn(createTestClient(server, options));
    const reloaded = createTestClient(server, options);
    const queries = createQueries(reloaded, queryClient);
    expect(reloaded.auth.status).toBe('loading');
    const me = show(queries.auth.me.queryOptions());
    await settle();
    expect([reloaded.auth.status, server.countCalls('auth.me')]).toEqual(['signed-in', 1]);
    for (const session of server.sessions.values()) session.permissions = ['knowledge:PUBLISH'];
    await reloaded.auth.getAccessToken({ refresh: true });
    expect(reloaded.auth.can('knowledge:PUBLISH')).toBe(true);
    expect(shown(me)).toContain('li.lei');
    expect(server.countCalls('auth.me')).toBe(1);
  });
});
