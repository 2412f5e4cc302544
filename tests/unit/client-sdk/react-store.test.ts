// The session as React reads it: the same object until something changes, found out again when the server could not be asked.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { storeOf } from '../../../client-sdk/src/react/auth-store.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { createCookieJar, createTestClient, signIn } from './test-client.ts';

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());
beforeEach(() => server.resetCounts());
afterEach(() => {
  vi.useRealTimers();
  server.control.cut = () => false;
});

test('who is known at once is there at once, and the first rendering knows nobody all the same', async () => {
  const center = createTestClient(server);
  await signIn(center);
  const store = storeOf(center);
  expect(store.read()).toMatchObject({ status: 'signed-in', user: { username: 'li.lei' }, error: null });
  expect(store.readInitial()).toMatchObject({ status: 'loading', user: null, error: null });
  expect(store.read().can('knowledge:READ')).toBe(true);
  expect(store.readInitial().can('knowledge:READ')).toBe(false);
  expect(storeOf(center)).toBe(store);
});

test('a refresh that only brings a token changes nothing; one that brings rights does, and the acts stay', async () => {
  const center = createTestClient(server);
  const store = storeOf(center);
  let told = 0;
  const stop = store.subscribe(() => told++);
  await signIn(center);
  const before = store.read();
  const toldBefore = told;
  await center.auth.getAccessToken({ refresh: true });
  expect(center.auth.user).not.toBe(before.user);
  expect(store.read()).toBe(before);
  expect(told).toBe(toldBefore);

  for (const session of server.sessions.values()) session.permissions = ['knowledge:READ', 'knowledge:PUBLISH'];
  await center.auth.getAccessToken({ refresh: true });
  const after = store.read();
  expect(after).not.toBe(before);
  expect([before, after].map(({ can }) => can('knowledge:PUBLISH'))).toEqual([false, true]);
  expect([after.login, after.logout, after.getAccessToken]).toEqual([
    before.login,
    before.logout,
    before.getAccessToken,
  ]);
  expect(told).toBe(toldBefore + 1);
  stop();
});

test('nobody listens any more: nothing is told, and whoever listens again is up to date', async () => {
  const center = createTestClient(server);
  const store = storeOf(center);
  const told = vi.fn();
  const [stop, stopOther] = [store.subscribe(told), store.subscribe(told)];
  stop();
  stop();
  stopOther();
  await signIn(center);
  expect(told).not.toHaveBeenCalled();
  store.subscribe(told)();
  expect(store.read().status).toBe('signed-in');
});

describe('with the cookie', () => {
  test('nobody is signed in: known as soon as the server has said so', async () => {
    const store = storeOf(createTestClient(server, { storage: 'cookie' }, { fetch: createCookieJar() }));
    expect(store.read().status).toBe('loading');
    await new Promise<void>((resolve) => {
      store.subscribe(resolve);
    });
    expect(store.read()).toMatchObject({ status: 'signed-out', user: null });
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('the server cannot be asked: the reason is told, and it is asked again until it answers', async () => {
    const jar = createCookieJar();
    await signIn(createTestClient(server, { storage: 'cookie' }, { fetch: jar }));
    server.control.cut = (url) => url.includes('auth.refresh');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const store = storeOf(createTestClient(server, { storage: 'cookie' }, { fetch: jar }));
    const stop = store.subscribe(() => {});
    await vi.waitFor(() => expect(store.read().error?.code).toBe('NETWORK_ERROR'));
    const failed = store.read();
    expect(failed.status).toBe('loading');
    expect(store.read()).toBe(failed);

    server.control.cut = () => false;
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(store.read()).toMatchObject({ status: 'signed-in', error: null }));
    stop();
  });
});
