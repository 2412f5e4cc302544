// Transparent refresh: one at a time, only what failed is sent again, and only a refusal signs out.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionUser } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import {
  catchError,
  createGate,
  createMapStorage,
  createTestClient,
  createTestTime,
  signIn,
  type TestClient,
} from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const check = ({ api }: TestClient) => api.rbac.check.query({ permission: 'KNOWLEDGE_READ' });
const times = <T>(count: number, act: () => Promise<T>): Promise<T>[] => Array.from({ length: count }, act);

async function signInAndOutdate(client: TestClient, reason?: 'TOKEN_EXPIRED' | 'TOKEN_STALE'): Promise<void> {
  await signIn(client);
  server.outdateTokens(reason);
  server.resetCounts();
}

describe('when the server says that the token is out of date', () => {
  test.each(['TOKEN_EXPIRED', 'TOKEN_STALE'] as const)(
    '%s: 50 calls at once cause one refresh, and each is sent once more',
    async (reason) => {
      const client = createTestClient(server);
      await signInAndOutdate(client, reason);
      const answers = await Promise.all(times(50, () => check(client)));
      expect(answers.every(({ allowed }) => allowed)).toBe(true);
      expect(server.countCalls('auth.refresh')).toBe(1);
      expect(server.countCalls('rbac.check')).toBe(100);
      expect(server.countHttp()).toBe(11);
    },
  );

  test('calls made one after the other, whose refusals come late, cause one refresh', async () => {
    const client = createTestClient(server);
    await signIn(client);
    const gate = createGate();
    server.control.hold = async (path) => (path === 'rbac.check' ? gate.pass() : undefined);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) {
      calls.push(check(client));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    server.outdateTokens();
    gate.open();
    await Promise.all(calls);
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('a refusal that comes after the refresh is answered with the new token at once', async () => {
    const client = createTestClient(server);
    await signIn(client);
    const gate = createGate();
    server.control.hold = async (path) => (path === 'users.get' ? gate.pass() : undefined);
    const late = client.api.users.get.query({ id: 'x' });
    await gate.reached;
    server.outdateTokens();
    await check(client);
    gate.open();
    await late;
    expect(server.countCalls('auth.refresh')).toBe(1);
    expect(server.countCalls('users.get')).toBe(2);
  });

  test('of a batch only what failed is sent again', async () => {
    const client = createTestClient(server);
    await signIn(client);
    let refused = 0;
    server.control.refuse = (path) => (path === 'users.get' && refused++ === 0 ? { code: 'TOKEN_STALE' } : undefined);
    server.resetCounts();
    await Promise.all([check(client), client.api.users.get.query({ id: 'x' }), check(client)]);
    expect(server.countCalls('rbac.check')).toBe(2);
    expect(server.countCalls('users.get')).toBe(2);
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('refused with the new token, too: told to the caller after one more try', async () => {
    const client = createTestClient(server);
    await signIn(client);
    server.control.refuse = (path) => (path === 'rbac.check' ? { code: 'TOKEN_EXPIRED' } : undefined);
    expect(await catchError(check(client))).toMatchObject({ code: 'TOKEN_EXPIRED', status: 401 });
    expect(server.countCalls('rbac.check')).toBe(2);
    expect(server.countCalls('auth.refresh')).toBe(1);
    expect(client.auth.user).not.toBeNull();
  });

  test('a token that is no good at all is not refreshed', async () => {
    const client = createTestClient(server);
    await signIn(client);
    server.control.refuse = (path) => (path === 'rbac.check' ? { code: 'TOKEN_INVALID' } : undefined);
    expect(await catchError(check(client))).toMatchObject({ code: 'TOKEN_INVALID' });
    expect(server.countCalls('auth.refresh')).toBe(0);
  });

  test('nobody signed in: nothing to refresh', async () => {
    const client = createTestClient(server);
    expect(await catchError(check(client))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(server.countCalls('auth.refresh')).toBe(0);
  });
});

describe('ahead of expiry', () => {
  test('past 80 % of its life the token is renewed once, and no call fails or waits for it', async () => {
    const time = createTestTime();
    const client = createTestClient(server, {}, time.env);
    await signIn(client);
    server.resetCounts();
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    time.advance(719_000);
    await check(client);
    expect(server.countCalls('auth.refresh')).toBe(0);
    time.advance(2_000);
    await Promise.all(times(50, () => check(client)));
    expect(server.countCalls('rbac.check')).toBe(51);
    gate.open();
    await client.auth.getAccessToken();
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('one that has expired is not sent: the refresh comes first', async () => {
    const time = createTestTime();
    const client = createTestClient(server, {}, time.env);
    await signInAndOutdate(client);
    time.advance(901_000);
    await Promise.all(times(50, () => check(client)));
    expect(server.countCalls('auth.refresh')).toBe(1);
    expect(server.countCalls('rbac.check')).toBe(50);
    expect(server.countHttp()).toBe(6);
  });

  test.each([
    [0, 765],
    [0.999, 676],
  ])('the moment is spread: random %d renews at %d s', async (random, seconds) => {
    const time = createTestTime();
    const client = createTestClient(server, {}, { ...time.env, random: () => random });
    await signIn(client);
    time.advance((seconds - 1) * 1000);
    await client.auth.getAccessToken();
    expect(server.countCalls('auth.refresh')).toBe(0);
    time.advance(2_000);
    const before = await client.auth.getAccessToken();
    await expect.poll(() => client.auth.getAccessToken()).not.toBe(before);
    expect(server.countCalls('auth.refresh')).toBe(1);
  });
});

describe('when the refresh fails', () => {
  test.each(['UNAUTHENTICATED', 'SESSION_REVOKED'] as const)('%s signs out, once', async (code) => {
    const storage = createMapStorage();
    const client = createTestClient(server, { storage });
    await signInAndOutdate(client);
    const changes: (SessionUser | null)[] = [];
    client.auth.onChange((user) => changes.push(user));
    server.control.refuse = (path) => (path === 'auth.refresh' ? { code } : undefined);
    const errors = await Promise.all(times(20, () => catchError(check(client))));
    expect(errors.every((error) => (error as { code: string }).code === code)).toBe(true);
    expect(server.countCalls('auth.refresh')).toBe(1);
    expect(changes).toEqual([null]);
    expect(client.auth.user).toBeNull();
    expect(storage.map.size).toBe(0);
    expect(await client.auth.getAccessToken()).toBeNull();
  });

  test('a lost network keeps the session, and the next call finds it again', async () => {
    const client = createTestClient(server);
    await signInAndOutdate(client);
    const changes: unknown[] = [];
    client.auth.onChange((user) => changes.push(user));
    server.control.cut = (url) => url.includes('auth.refresh');
    expect(await catchError(check(client))).toMatchObject({
      name: 'AuthCenterError',
      code: 'NETWORK_ERROR',
      status: 0,
    });
    expect(client.auth.user?.username).toBe('li.lei');
    server.control.cut = () => false;
    expect(await check(client)).toMatchObject({ allowed: true });
    expect(changes).toEqual([]);
  });

  test.each([
    ['RATE_LIMITED', 60],
    ['DEPENDENCY_UNAVAILABLE', 60],
    ['INTERNAL', undefined],
    ['ORIGIN_REFUSED', undefined],
    ['INVALID_CREDENTIALS', undefined],
  ] as const)('%s keeps the session', async (code, retryAfter) => {
    const client = createTestClient(server);
    await signInAndOutdate(client);
    server.control.refuse = (path) =>
      path === 'auth.refresh' ? { code, ...(retryAfter ? { retryAfter } : {}) } : undefined;
    expect(await catchError(check(client))).toMatchObject({ code });
    expect(client.auth.user).not.toBeNull();
  });

  test('a proxy that answers 401 signs nobody out', async () => {
    const client = createTestClient(server);
    await signInAndOutdate(client);
    const time = createTestTime();
    const expired = createTestClient(server, { storage: createMapStorage() }, time.env);
    await signIn(expired);
    time.advance(1_000_000);
    server.control.instead = {
      status: 401,
      headers: { 'content-type': 'text/html' },
      body: '<h1>Sign in to the network</h1>',
    };
    expect(await catchError(check(expired))).toMatchObject({ code: 'NETWORK_ERROR', status: 401 });
    expect(expired.auth.user).not.toBeNull();
  });

  test('a busy server is asked again', async () => {
    const time = createTestTime();
    const client = createTestClient(server, {}, time.env);
    await signInAndOutdate(client);
    let refused = 0;
    server.control.refuse = (path) =>
      path === 'auth.refresh' && refused++ < 3 ? { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1 } : undefined;
    expect(await check(client)).toMatchObject({ allowed: true });
    expect(server.countCalls('auth.refresh')).toBe(4);
    expect(time.waits).toEqual([1250, 1250, 1250]);
  });
});

describe('when the session changes meanwhile', () => {
  test('a refresh that comes back after a logout is thrown away', async () => {
    const storage = createMapStorage();
    const client = createTestClient(server, { storage });
    await signInAndOutdate(client);
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    const call = catchError(check(client));
    await gate.reached;
    await client.auth.logout();
    gate.open();
    expect(await call).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(client.auth.user).toBeNull();
    expect(await client.auth.getAccessToken()).toBeNull();
    expect(storage.map.size).toBe(0);
    expect([...server.sessions.values()].every(({ revoked }) => revoked)).toBe(true);
  });

  test('a call that waited is not made in the name of whoever signed in next', async () => {
    const client = createTestClient(server);
    await signInAndOutdate(client);
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    const call = catchError(client.api.users.setStatus.mutate({ id: 'x', status: 'locked' }));
    await gate.reached;
    await signIn(client, 'han.mei');
    gate.open();
    expect(await call).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(server.countCalls('users.setStatus')).toBe(1);
    expect(client.auth.user?.username).toBe('han.mei');
  });

  test('nor is one that was held back before it was sent', async () => {
    const time = createTestTime();
    const client = createTestClient(server, {}, time.env);
    await signInAndOutdate(client);
    time.advance(1_000_000);
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    const call = catchError(client.api.users.setStatus.mutate({ id: 'x', status: 'locked' }));
    await gate.reached;
    await signIn(client, 'han.mei');
    gate.open();
    expect(await call).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(server.countCalls('users.setStatus')).toBe(0);
  });

  test('SESSION_REVOKED on a call signs out without asking further', async () => {
    const client = createTestClient(server);
    await signIn(client);
    for (const session of server.sessions.values()) session.revoked = true;
    expect(await catchError(check(client))).toMatchObject({ code: 'SESSION_REVOKED' });
    expect(client.auth.user).toBeNull();
    expect(server.countCalls('auth.refresh')).toBe(0);
  });
});
