// Several tabs of one application: one refresh among them, and one answer to who is signed in.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Environment, readEnvironment } from '../../../client-sdk/src/environment.ts';
import type { AuthCenterOptions } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import {
  catchError,
  createCookieJar,
  createFakeLocks,
  createGate,
  createMapStorage,
  createTestClient,
  signIn,
  type TestClient,
} from './test-client.ts';

let server: FakeServer;
let open: TestClient[];
beforeEach(async () => {
  server = await startFakeServer();
  open = [];
});
afterEach(async () => {
  for (const client of open) client.close();
  await server.close();
});

const { openChannel, locks: realLocks } = readEnvironment();

function openTab(options: Partial<AuthCenterOptions>, env: Partial<Environment>): TestClient {
  const client = createTestClient(server, options, env);
  open.push(client);
  return client;
}

async function openTabs(
  count: number,
  options: () => Partial<AuthCenterOptions>,
  env: Partial<Environment>,
): Promise<TestClient[]> {
  const tabs = Array.from({ length: count }, () => openTab(options(), env));
  await Promise.all(tabs.map(({ auth }) => auth.ready()));
  return tabs;
}

const check = ({ api }: TestClient) => api.rbac.check.query({ permission: 'KNOWLEDGE_READ' });
const checkInAll = (tabs: readonly TestClient[], calls: number) =>
  Promise.all(tabs.flatMap((tab) => Array.from({ length: calls }, () => check(tab))));

describe('one storage for all tabs', () => {
  async function openSharing(count: number, env: Partial<Environment>): Promise<TestClient[]> {
    const storage = createMapStorage();
    await signIn(openTab({ storage }, {}));
    const tabs = await openTabs(count, () => ({ storage }), env);
    expect(tabs.map(({ auth }) => auth.user?.username)).toEqual(Array(count).fill('li.lei'));
    server.outdateTokens();
    server.resetCounts();
    return tabs;
  }

  test('5 tabs, 10 calls each, with locks alone: one refresh', async () => {
    const tabs = await openSharing(5, { locks: createFakeLocks() });
    await checkInAll(tabs, 10);
    expect(server.countCalls('auth.refresh')).toBe(1);
    expect(server.countHttp()).toBe(11);
  });

  test.skipIf(!realLocks)('the same with the locks and channels of the platform', async () => {
    const tabs = await openSharing(5, { locks: realLocks, openChannel });
    await checkInAll(tabs, 10);
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('without locks each may ask, the server answers all with the same successor, and nobody is signed out', async () => {
    const tabs = await openSharing(5, {});
    await checkInAll(tabs, 10);
    server.outdateTokens();
    await checkInAll(tabs, 10);
    expect(tabs.every(({ auth }) => auth.user !== null)).toBe(true);
    expect([...server.sessions.values()].map(({ revoked }) => revoked)).toEqual([false]);
  });

  test('locks that are refused are done without', async () => {
    const locks = { request: async () => Promise.reject(new Error('not in a sandboxed frame')) };
    const [tab] = await openSharing(1, { locks });
    expect(tab && (await check(tab))).toMatchObject({ allowed: true });
  });

  test('a sign-out in one is one in all, and so is the next sign-in', async () => {
    const [first, second] = await openSharing(2, { openChannel });
    await first?.auth.logout();
    await expect.poll(() => second?.auth.user).toBeNull();
    if (first) await signIn(first, 'han.mei');
    await expect.poll(() => second?.auth.user?.username).toBe('han.mei');
  });

  test.each([
    ['a refused', true],
    ['a granted', false],
  ])('%s refresh does not undo what another tab has signed in since', async (_name, refused) => {
    const storage = createMapStorage();
    const first = openTab({ storage }, {});
    await signIn(first);
    const second = openTab({ storage }, {});
    await second.auth.ready();
    server.outdateTokens();
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    const call = catchError(check(first));
    await gate.reached;
    if (refused) await second.auth.logout();
    await signIn(second, 'han.mei');
    gate.open();
    expect(await call).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(first.auth.user?.username).toBe('han.mei');
  });

  test('a refresh that was granted just before another tab signed out is thrown away', async () => {
    const storage = createMapStorage();
    const first = openTab({ storage }, {});
    await signIn(first);
    const second = openTab({ storage }, {});
    await second.auth.ready();
    server.outdateTokens();
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    const call = catchError(check(first));
    await gate.reached;
    await second.auth.logout();
    for (const session of server.sessions.values()) session.revoked = false;
    gate.open();
    expect(await call).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(first.auth.user).toBeNull();
    expect(storage.map.size).toBe(0);
  });
});

describe('a storage each, holding the same session (a duplicated tab)', () => {
  async function duplicate(env: Partial<Environment>): Promise<TestClient[]> {
    const original = createMapStorage();
    await signIn(openTab({ storage: original }, {}));
    const tabs = await openTabs(3, () => ({ storage: createMapStorage(new Map(original.map)) }), env);
    server.outdateTokens();
    server.resetCounts();
    return tabs;
  }

  test('the tab that refreshed hands over what it got', async () => {
    const tabs = await duplicate({ locks: createFakeLocks(), openChannel });
    await checkInAll(tabs, 10);
    expect(server.countCalls('auth.refresh')).toBe(1);
    server.outdateTokens();
    await checkInAll(tabs, 10);
    expect(server.countCalls('auth.refresh')).toBe(2);
  });

  test('a tab that comes later has been told', async () => {
    const [first, second] = await duplicate({ openChannel });
    if (!first || !second) throw new Error('two tabs were opened');
    await check(first);
    const token = await first.auth.getAccessToken();
    await expect.poll(() => second.auth.getAccessToken()).toBe(token);
    await check(second);
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('another session in another tab is left alone', async () => {
    const [first] = await duplicate({ openChannel });
    const stranger = openTab({ storage: createMapStorage() }, { openChannel });
    await signIn(stranger, 'han.mei');
    await first?.auth.logout();
    expect(stranger.auth.user?.username).toBe('han.mei');
  });
});

describe('the cookie', () => {
  test('a new tab is signed in by it, and two tabs that start together are signed in both', async () => {
    const fetch = createCookieJar();
    await signIn(openTab({ storage: 'cookie' }, { fetch }));
    const tabs = await openTabs(3, () => ({ storage: 'cookie' }), { fetch });
    expect(tabs.map(({ auth }) => auth.user?.username)).toEqual(['li.lei', 'li.lei', 'li.lei']);
    expect([...server.sessions.values()].map(({ revoked }) => revoked)).toEqual([false]);
  });

  test('5 tabs, 10 calls each: one refresh, handed over', async () => {
    const env = { fetch: createCookieJar(), locks: createFakeLocks(), openChannel };
    const first = openTab({ storage: 'cookie' }, env);
    await signIn(first);
    const tabs = [first, ...(await openTabs(4, () => ({ storage: 'cookie' }), env))];
    server.outdateTokens();
    server.resetCounts();
    await checkInAll(tabs, 10);
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('signing in and out is told to the other tabs', async () => {
    const env = { fetch: createCookieJar(), openChannel };
    const [first, second] = await openTabs(2, () => ({ storage: 'cookie' }), env);
    if (!first || !second) throw new Error('two tabs were opened');
    expect(second.auth.user).toBeNull();
    await signIn(first);
    await expect.poll(() => second.auth.user?.username).toBe('li.lei');
    expect(await check(second)).toMatchObject({ allowed: true });
    await second.auth.logout();
    await expect.poll(() => first.auth.user).toBeNull();
    expect([...server.sessions.values()].map(({ revoked }) => revoked)).toEqual([true]);
  });
});

test('clients that keep the session in memory know nothing of each other', async () => {
  const [first, second] = await openTabs(2, () => ({}), { openChannel, locks: createFakeLocks() });
  if (!first || !second) throw new Error('two clients were made');
  await signIn(first, 'li.lei');
  await signIn(second, 'han.mei');
  await first.auth.logout();
  expect(second.auth.user?.username).toBe('han.mei');
});
