// Retries: only what is safe to repeat, as long as the server asks to wait, within the time allowed.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idempotent } from '../../../client-sdk/src/index.ts';
import type { ErrorCode } from '../../../shared/src/errors.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { catchError, createTestClient, createTestTime, signIn, type TestClient } from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const acts: Record<string, { path: string; act: (client: TestClient) => Promise<unknown> }> = {
  'a query': { path: 'rbac.check', act: ({ api }) => api.rbac.check.query({ permission: 'SEARCH' }) },
  'a mutation': {
    path: 'users.setStatus',
    act: ({ api }) => api.users.setStatus.mutate({ id: 'x', status: 'active' }),
  },
  'a mutation with an idempotency key': {
    path: 'users.assignRole',
    act: ({ api }) => api.users.assignRole.mutate({ id: 'x', role_id: 'y' }, idempotent('once')),
  },
  'auth.login': { path: 'auth.login', act: ({ auth }) => auth.login({ username: 'li.lei', password: 'right' }) },
  'auth.logout': { path: 'auth.logout', act: ({ auth }) => auth.logout() },
  'auth.getAccessToken': { path: 'auth.refresh', act: ({ auth }) => auth.getAccessToken({ refresh: true }) },
  'auth.verify': { path: 'auth.verify', act: ({ api }) => api.auth.verify.mutate({ token: 'x' }) },
};

function refuseTimes(count: number, path: string, code: ErrorCode, retryAfter?: number): void {
  let left = count;
  server.control.refuse = (called) =>
    called === path && left-- > 0 ? { code, ...(retryAfter === undefined ? {} : { retryAfter }) } : undefined;
}

describe('what is repeated', () => {
  test.each([
    ['a query', 'RATE_LIMITED', 3],
    ['a query', 'OVERLOADED', 3],
    ['a query', 'DEPENDENCY_UNAVAILABLE', 3],
    ['a query', 'INTERNAL', 1],
    ['a query', 'NOT_FOUND', 1],
    ['a query', 'ACCOUNT_LOCKED', 1],
    ['a mutation', 'RATE_LIMITED', 3],
    ['a mutation', 'OVERLOADED', 3],
    ['a mutation', 'DEPENDENCY_UNAVAILABLE', 1],
    ['a mutation with an idempotency key', 'DEPENDENCY_UNAVAILABLE', 3],
    ['a mutation with an idempotency key', 'IDEMPOTENCY_CONFLICT', 1],
    ['auth.login', 'OVERLOADED', 3],
    ['auth.login', 'RATE_LIMITED', 3],
    ['auth.login', 'DEPENDENCY_UNAVAILABLE', 1],
    ['auth.logout', 'DEPENDENCY_UNAVAILABLE', 3],
    ['auth.getAccessToken', 'DEPENDENCY_UNAVAILABLE', 3],
    ['auth.verify', 'DEPENDENCY_UNAVAILABLE', 3],
  ] as const)('%s refused with %s is sent %d times', async (name, code, sent) => {
    const client = createTestClient(server, {}, createTestTime().env);
    await signIn(client);
    server.resetCounts();
    const { path, act } = acts[name] ?? expect.fail(name);
    refuseTimes(2, path, code, 1);
    const error = await act(client).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(server.countCalls(path)).toBe(sent);
    if (sent === 1) expect(error).toMatchObject({ code });
    else expect(error).toBeNull();
  });

  test('a request that got no answer is not repeated: it may have been carried out', async () => {
    const client = createTestClient(server);
    await signIn(client);
    server.resetCounts();
    server.control.cut = () => true;
    expect(await catchError(acts['a mutation']?.act(client) ?? expect.fail())).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(server.countHttp()).toBe(1);
  });

  test('an idempotency key travels in a request of its own, once per repetition', async () => {
    const client = createTestClient(server, {}, createTestTime().env);
    await signIn(client);
    const keys: unknown[] = [];
    server.control.refuse = (path, req) => {
      if (path === 'users.assignRole') keys.push(req.headers['idempotency-key'], /batch/.test(req.url ?? ''));
      return keys.length === 2 ? { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1 } : undefined;
    };
    await acts['a mutation with an idempotency key']?.act(client);
    expect(keys).toEqual(['once', false, 'once', false]);
  });
});

describe('how long it is waited', () => {
  test('as long as asked, spread by up to half', async () => {
    const time = createTestTime();
    const client = createTestClient(server, {}, time.env);
    refuseTimes(2, 'auth.login', 'OVERLOADED', 4);
    await signIn(client);
    expect(time.waits).toEqual([5000, 5000]);
  });

  test('where nothing is asked, twice as long each time', async () => {
    const time = createTestTime();
    refuseTimes(5, 'auth.login', 'OVERLOADED');
    await signIn(createTestClient(server, {}, { ...time.env, random: () => 0 }));
    expect(time.waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  test('until retryFor is spent; then the last error is told', async () => {
    const time = createTestTime();
    refuseTimes(1000, 'auth.login', 'OVERLOADED', 4);
    expect(await catchError(signIn(createTestClient(server, {}, time.env)))).toMatchObject({
      code: 'OVERLOADED',
      status: 503,
      retryAfter: 4,
    });
    expect(time.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(30_000);
    expect(server.countCalls('auth.login')).toBe(7);
  });

  test('not at all when the server asks for more than is left, or retryFor is 0', async () => {
    refuseTimes(1000, 'auth.login', 'RATE_LIMITED', 31);
    expect(await catchError(signIn(createTestClient(server)))).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 31 });
    refuseTimes(1000, 'auth.login', 'OVERLOADED', 0);
    expect(await catchError(signIn(createTestClient(server, { retryFor: 0 })))).toMatchObject({ code: 'OVERLOADED' });
    expect(server.countCalls('auth.login')).toBe(2);
  });

  test('a proxy’s Retry-After is honoured, too', async () => {
    const time = createTestTime();
    const client = createTestClient(server, {}, time.env);
    await signIn(client);
    const { control } = server;
    control.instead = { status: 429, headers: { 'content-type': 'text/plain', 'retry-after': '2' }, body: 'slow down' };
    const wait = async (ms: number) => {
      await time.env.wait(ms);
      control.instead = undefined;
    };
    const patient = createTestClient(server, {}, { ...time.env, wait });
    await signIn(patient);
    expect(time.waits).toEqual([2500]);
  });

  test('a caller who gives up is answered at once', async () => {
    refuseTimes(1000, 'auth.login', 'OVERLOADED', 20);
    const { auth } = createTestClient(server);
    const giveUp = new AbortController();
    const login = auth.login({ username: 'li.lei', password: 'right' }, { signal: giveUp.signal });
    await expect.poll(() => server.countCalls('auth.login')).toBe(1);
    giveUp.abort();
    expect(await catchError(login)).toMatchObject({ code: 'ABORTED' });
    expect(auth.user).toBeNull();
  });
});

test('1,000 logins at once get in, though the server takes few at a time', async () => {
  const room = 10;
  let inside = 0;
  const turnedAway = new WeakSet<object>();
  server.control.hold = async (_path, req) => {
    if (inside >= room) {
      turnedAway.add(req);
      return;
    }
    inside++;
    await new Promise((resolve) => setTimeout(resolve, 25));
    inside--;
  };
  server.control.refuse = (_path, req) => (turnedAway.has(req) ? { code: 'OVERLOADED', retryAfter: 1 } : undefined);
  // Each second asked for is a hundredth of one.
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 100));
  const clients = Array.from({ length: 1000 }, () => createTestClient(server, {}, { wait }));
  const results = await Promise.all(clients.map((client, index) => signIn(client, `user${index}`)));
  expect(results.every(({ status }) => status === 'ok')).toBe(true);
  expect(server.countCalls('auth.login')).toBeGreaterThan(1000);
});
