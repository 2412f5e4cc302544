// The SDK's session against the real server: signing in, transparent refresh, immediate effect, signing out, with body and cookie.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type AuthCenter,
  AuthCenterError,
  createAuthCenter,
  type Fetch,
  type SessionStorage,
} from '../../client-sdk/src/index.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let clients: AuthCenter[] = [];
/** Paths of the requests that the clients have sent. */
let sent: string[] = [];
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
  sent = [];
});

const countRefreshes = (): number => sent.filter((path) => path.includes('auth.refresh')).length;

const watched: Fetch = (url, init) => {
  sent.push(new URL(url).pathname);
  return fetch(url, init);
};

function connect(options: Partial<Parameters<typeof createAuthCenter>[0]> = {}): AuthCenter {
  const client = createAuthCenter({ url: server.url, fetch: watched, ...options });
  clients.push(client);
  return client;
}

async function signIn(user: TestUser, client = connect()): Promise<AuthCenter> {
  await client.auth.login({ email: user.email, password: user.password });
  return client;
}

/** A browser of the server's own origin, with its cookie jar. */
function createBrowser(): Fetch {
  let cookie: string | undefined;
  return async (url, init) => {
    const own = { ...init.headers, origin: new URL(server.url).origin, 'sec-fetch-site': 'same-origin' };
    const response = await watched(url, { ...init, headers: cookie ? { ...own, cookie } : own });
    const set = response.headers.get('set-cookie');
    if (set) cookie = /Max-Age=0|Expires=Thu, 01 Jan 1970/i.test(set) ? undefined : set.split(';')[0];
    return response;
  };
}

function createSharedStorage(): SessionStorage {
  const map = new Map<string, string>();
  return {
    get: (key) => map.get(key) ?? null,
    set: (key, value) => void map.set(key, value),
    remove: (key) => void map.delete(key),
  };
}

const catchCode = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AuthCenterError ? error.code : String(error)),
  );

describe('signing in', () => {
  test('by registration, then by e-mail and by user name', async () => {
    const first = connect();
    const person = { username: 'li.lei', email: 'Li.Lei@Example.com', password: 'correct horse battery' };
    const registered = await first.auth.register({ ...person, name: 'Li Lei' });
    expect(registered).toMatchObject({
      status: 'ok',
      user: { username: 'li.lei', email: 'li.lei@example.com', roles: ['User'] },
    });
    expect(await first.api.auth.me.query()).toEqual(first.auth.user);
    expect(first.auth.can('KNOWLEDGE_READ')).toBe(true);
    expect(first.auth.can('knowledge_base:create')).toBe(false);

    const second = connect();
    await second.auth.login({
      username: 'LI.LEI',
      password: person.password,
      device: { device_type: 'mobile', device_name: 'phone' },
    });
    const { items } = await second.api.auth.sessions.list.query({});
    expect(items.map(({ device_info, current }) => [device_info.device_name, current])).toContainEqual(['phone', true]);
    expect(items).toHaveLength(2);
    expect(items[0]?.expires_at).toBeInstanceOf(Date);
  });

  test('refusals say what they are', async () => {
    const user = await server.createUser();
    const { auth } = connect();
    expect(await catchCode(auth.login({ email: user.email, password: 'wrong horse' }))).toBe('INVALID_CREDENTIALS');
    const { username, email, password } = user;
    expect(await catchCode(auth.register({ username, email: 'other@example.com', password }))).toBe('ALREADY_EXISTS');
    expect(await catchCode(auth.register({ username: 'x', email, password }))).toBe('VALIDATION_FAILED');
    expect(auth.user).toBeNull();
  });
});

describe('transparent refresh', () => {
  test('50 calls with an expired token: one refresh, all answered', async () => {
    const client = await signIn(await server.createUser());
    server.clock.advance(16 * 60_000);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => client.api.rbac.check.query({ permission: 'SEARCH' })),
    );
    expect(answers.every(({ allowed }) => allowed)).toBe(true);
    expect(countRefreshes()).toBe(1);
  });

  test('a role granted to the signed-in person is theirs at the next call', async () => {
    const user = await server.createUser();
    const client = await signIn(user);
    const admin = await signIn(await server.createUser([{ name: 'Admin' }]));
    const told: boolean[] = [];
    client.auth.onChange(() => told.push(client.auth.can('knowledge:PUBLISH')));
    expect((await client.api.rbac.check.query({ permission: 'KNOWLEDGE_PUBLISH' })).allowed).toBe(false);
    await admin.api.users.assignRole.mutate({ id: user.id, role_id: server.roleId('Editor') });
    expect((await client.api.rbac.check.query({ permission: 'KNOWLEDGE_PUBLISH' })).allowed).toBe(true);
    expect(told).toEqual([true]);
    expect(countRefreshes()).toBe(1);
  });

  test('a disabled person is signed out, by the refusal and nothing else', async () => {
    const user = await server.createUser();
    const client = await signIn(user);
    const admin = await signIn(await server.createUser([{ name: 'Admin' }]));
    await admin.api.users.setStatus.mutate({ id: user.id, status: 'inactive' });
    expect(await catchCode(client.api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(client.auth.user).toBeNull();
    expect(await catchCode(client.api.auth.me.query())).toBe('UNAUTHENTICATED');
  });

  test('processes that share a storage may all refresh at once: nobody is signed out', async () => {
    const storage = createSharedStorage();
    await signIn(await server.createUser(), connect({ storage }));
    const tabs = Array.from({ length: 5 }, () => connect({ storage }));
    await Promise.all(tabs.map(({ auth }) => auth.ready()));
    for (let round = 0; round < 3; round++) {
      server.clock.advance(16 * 60_000);
      await Promise.all(tabs.flatMap(({ api }) => Array.from({ length: 10 }, () => api.auth.me.query())));
    }
    expect(tabs.every(({ auth }) => auth.user !== null)).toBe(true);
  });

  test('at the end of the session the person is signed out', async () => {
    const client = await signIn(await server.createUser());
    server.clock.advance(8 * 24 * 3600_000);
    expect(['UNAUTHENTICATED', 'SESSION_REVOKED']).toContain(await catchCode(client.api.auth.me.query()));
    expect(client.auth.user).toBeNull();
  });
});

describe('signing out', () => {
  test('ends the session on the server, however often', async () => {
    const client = await signIn(await server.createUser());
    const token = await client.auth.getAccessToken();
    await client.auth.logout();
    await client.auth.logout();
    expect(await server.rest('GET', '/auth/me', { token: token ?? '' })).toMatchObject({
      status: 401,
      body: { code: 'SESSION_REVOKED' },
    });
  });

  test('everywhere ends the others, too', async () => {
    const user = await server.createUser();
    const [here, there] = [await signIn(user), await signIn(user)];
    await here.auth.logout({ everywhere: true });
    expect(await catchCode(there.api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(there.auth.user).toBeNull();
  });

  test('one device from another', async () => {
    const user = await server.createUser();
    const [here, there] = [await signIn(user), await signIn(user)];
    const { items } = await here.api.auth.sessions.list.query({});
    const other = items.find(({ current }) => !current);
    await here.api.auth.sessions.revoke.mutate({ id: other?.id ?? '' });
    expect(await catchCode(there.api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(await catchCode(here.api.auth.me.query())).toBe('no error');
  });
});

describe('storage cookie', () => {
  test('survives a reload, refreshes, and ends for all pages', async () => {
    const browser = { storage: 'cookie' as const, fetch: createBrowser() };
    const user = await server.createUser();
    const page = connect(browser);
    expect(await page.auth.ready()).toBeNull();
    await signIn(user, page);
    const reloaded = connect(browser);
    expect((await reloaded.auth.ready())?.id).toBe(user.id);
    server.clock.advance(16 * 60_000);
    expect((await reloaded.api.auth.me.query()).id).toBe(user.id);
    await reloaded.auth.logout();
    expect(await connect(browser).auth.ready()).toBeNull();
  });

  test('several pages that start together are signed in all', async () => {
    const browser = { storage: 'cookie' as const, fetch: createBrowser() };
    await signIn(await server.createUser(), connect(browser));
    const pages = Array.from({ length: 4 }, () => connect(browser));
    const users = await Promise.all(pages.map(({ auth }) => auth.ready()));
    expect(users.every((user) => user !== null)).toBe(true);
  });

  test('a page of another origin is refused, and told so', async () => {
    const foreign: Fetch = (url, init) =>
      watched(url, { ...init, headers: { ...init.headers, origin: 'https://evil.example' } });
    const { auth } = connect({ storage: 'cookie', fetch: foreign });
    const { email, password } = await server.createUser();
    expect(await catchCode(auth.login({ email, password }))).toBe('ORIGIN_REFUSED');
    expect(auth.user).toBeNull();
  });
});
