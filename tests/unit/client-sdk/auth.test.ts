// The session as an application sees it: signing in, staying signed in, what may be done, signing out.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionUser } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { catchError, createCookieJar, createGate, createMapStorage, createTestClient, signIn } from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

describe('login and register', () => {
  test('signs in, tells the listeners, and keeps the tokens to itself', async () => {
    const { auth, api } = createTestClient(server);
    const changes: (SessionUser | null)[] = [];
    const stop = auth.onChange((user) => changes.push(user));
    const result = await auth.login({ username: 'li.lei', password: 'right' });
    expect(Object.keys(result).sort()).toEqual(['status', 'user']);
    expect(result).toEqual({ status: 'ok', user: auth.user });
    expect(await api.auth.me.query()).toEqual(auth.user);
    expect(changes).toEqual([auth.user]);
    stop();
    await auth.logout();
    expect(changes).toHaveLength(1);
  });

  test('a wrong password changes nothing', async () => {
    const { auth } = createTestClient(server);
    await auth.login({ username: 'li.lei', password: 'right' });
    expect(await catchError(auth.login({ username: 'li.lei', password: 'wrong' }))).toMatchObject({
      code: 'INVALID_CREDENTIALS',
      status: 401,
    });
    expect(auth.user?.username).toBe('li.lei');
  });

  test('registering signs in, where no mail has to be read first', async () => {
    const { auth } = createTestClient(server);
    const later = await auth.register({ username: 'later', email: 'later@example.com', password: 'right' });
    expect(later).toEqual({ status: 'verification_required' });
    expect(auth.user).toBeNull();
    const now = await auth.register({ username: 'li.lei', email: 'li.lei@example.com', password: 'right' });
    expect(now).toMatchObject({ status: 'ok', user: { username: 'li.lei' } });
    expect(auth.user?.username).toBe('li.lei');
  });

  test('a listener that throws harms nobody', async () => {
    const { auth } = createTestClient(server);
    const told: unknown[] = [];
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    auth.onChange(() => {
      throw new Error('in the listener');
    });
    auth.onChange((user) => told.push(user?.username));
    await signIn({ auth } as Parameters<typeof signIn>[0]);
    expect(await thrown).toMatchObject({ message: 'in the listener' });
    expect(told).toEqual(['li.lei']);
  });
});

describe('staying signed in', () => {
  test('memory: another client knows nothing', async () => {
    await signIn(createTestClient(server));
    const { auth } = createTestClient(server);
    expect(await auth.ready()).toBeNull();
    expect(server.countCalls('auth.refresh')).toBe(0);
  });

  test('a storage of one’s own: restored without asking the server; calls made before wait for it', async () => {
    const storage = createMapStorage();
    await signIn(createTestClient(server, { storage }));
    server.resetCounts();
    const { auth, api } = createTestClient(server, { storage });
    expect(auth.user).toBeNull();
    expect((await api.auth.me.query()).username).toBe('li.lei');
    expect((await auth.ready())?.username).toBe('li.lei');
    expect(server.countHttp()).toBe(1);
  });

  test.each([
    ['something else', 'not json'],
    ['another version', '{"v":2,"access_token":"x","user":{}}'],
    ['nothing', ''],
  ])('a storage that holds %s: nobody is signed in', async (_name, text) => {
    const storage = createMapStorage();
    storage.get = async () => text;
    expect(await createTestClient(server, { storage }).auth.ready()).toBeNull();
  });

  test('a storage that fails leaves the session in memory', async () => {
    const fail = async () => Promise.reject(new Error('quota exceeded'));
    const client = createTestClient(server, { storage: { get: fail, set: fail, remove: fail } });
    await signIn(client);
    server.outdateTokens();
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
    await client.auth.logout();
    expect(client.auth.user).toBeNull();
  });

  test('a synchronous storage will do', async () => {
    const map = new Map<string, string>();
    const storage = {
      get: (key: string) => map.get(key),
      set: (key: string, value: string) => map.set(key, value),
      remove: (key: string) => map.delete(key),
    };
    await signIn(createTestClient(server, { storage }));
    expect((await createTestClient(server, { storage }).auth.ready())?.username).toBe('li.lei');
  });

  test('a slow write never lands after the removal that followed it', async () => {
    const storage = createMapStorage();
    const { set } = storage;
    const gate = createGate();
    storage.set = async (key, value) => {
      await gate.pass();
      await set(key, value);
    };
    const client = createTestClient(server, { storage });
    const login = signIn(client);
    await gate.reached;
    const logout = client.auth.logout();
    gate.open();
    await Promise.all([login, logout]);
    expect(storage.map.size).toBe(0);
  });

  test('cookie: no script ever holds a refresh token, and the next page is signed in by the cookie', async () => {
    const fetch = createCookieJar();
    const client = createTestClient(server, { storage: 'cookie' }, { fetch });
    expect(await client.auth.ready()).toBeNull();
    await signIn(client);
    const next = createTestClient(server, { storage: 'cookie' }, { fetch });
    expect((await next.api.auth.me.query()).username).toBe('li.lei');
    await next.auth.logout();
    expect(await createTestClient(server, { storage: 'cookie' }, { fetch }).auth.ready()).toBeNull();
  });

  test('cookie: when the server cannot be asked that is said, and asked again', async () => {
    const fetch = createCookieJar();
    await signIn(createTestClient(server, { storage: 'cookie' }, { fetch }));
    server.control.cut = () => true;
    const { auth, api } = createTestClient(server, { storage: 'cookie' }, { fetch });
    expect(await catchError(auth.ready())).toMatchObject({ code: 'NETWORK_ERROR' });
    server.control.cut = () => false;
    expect((await api.auth.me.query()).username).toBe('li.lei');
    expect(auth.user?.username).toBe('li.lei');
  });

  test('cookie: a login waits for the restoring refresh, whose cookie would replace its own', async () => {
    const fetch = createCookieJar();
    await signIn(createTestClient(server, { storage: 'cookie' }, { fetch }));
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.refresh' ? gate.pass() : undefined);
    const client = createTestClient(server, { storage: 'cookie' }, { fetch });
    await gate.reached;
    const login = signIn(client, 'han.mei');
    gate.open();
    await login;
    expect((await createTestClient(server, { storage: 'cookie' }, { fetch }).auth.ready())?.username).toBe('han.mei');
  });

  test('what a refresh changes is told', async () => {
    const client = createTestClient(server);
    await signIn(client);
    const changes: unknown[] = [];
    client.auth.onChange((user) => changes.push(user?.permissions));
    for (const session of server.sessions.values()) session.permissions = ['knowledge:MANAGE'];
    server.outdateTokens('TOKEN_STALE');
    await client.api.auth.me.query();
    server.outdateTokens('TOKEN_EXPIRED');
    await client.api.auth.me.query();
    expect(changes).toEqual([['knowledge:MANAGE']]);
  });
});

describe('can', () => {
  async function signInWith(permissions: string[]) {
    const client = createTestClient(server);
    await signIn(client);
    for (const session of server.sessions.values()) session.permissions = permissions;
    await client.auth.getAccessToken({ refresh: true });
    return client.auth;
  }

  test('nobody may do anything', () => {
    expect(createTestClient(server).auth.can('knowledge:READ')).toBe(false);
  });

  test.each([
    ['knowledge:READ', true],
    ['KNOWLEDGE_READ', true],
    ['knowledge_read', true],
    ['Knowledge_Base:read', true],
    ['knowledge:DELETE', false],
    ['tag:CREATE', true],
    ['TAG_MANAGE', true],
    ['TAG_CREATE', true],
    ['ai_assistant:use', false],
    ['invoice:APPROVE', true],
    ['UNHEARD_OF', false],
    ['', false],
    [':', false],
    ['constructor', false],
  ])('%s: %s', async (permission, allowed) => {
    const auth = await signInWith(['knowledge:READ', 'tag:MANAGE', 'invoice:APPROVE']);
    expect(auth.can(permission)).toBe(allowed);
  });
});

describe('logout', () => {
  test('is done here at once, whatever the server says', async () => {
    const storage = createMapStorage();
    const { auth } = createTestClient(server, { storage });
    await auth.login({ username: 'li.lei', password: 'right' });
    server.control.cut = () => true;
    expect(await catchError(auth.logout())).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(auth.user).toBeNull();
    expect(storage.map.size).toBe(0);
  });

  test('without a session asks nobody, however often', async () => {
    const { auth } = createTestClient(server);
    await auth.logout();
    await auth.logout();
    expect(server.countHttp()).toBe(0);
  });

  test('everywhere ends the other sessions, too', async () => {
    const [here, there] = [createTestClient(server), createTestClient(server)];
    await signIn(here);
    await signIn(there);
    await here.auth.logout({ everywhere: true });
    expect(here.auth.user).toBeNull();
    expect(await catchError(there.api.auth.me.query())).toMatchObject({ code: 'SESSION_REVOKED' });
    expect(there.auth.user).toBeNull();
  });

  test('everywhere: a failure leaves everything as it was', async () => {
    const { auth } = createTestClient(server);
    await auth.login({ username: 'li.lei', password: 'right' });
    server.control.cut = () => true;
    expect(await catchError(auth.logout({ everywhere: true }))).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(auth.user?.username).toBe('li.lei');
  });
});

describe('getAccessToken', () => {
  test('null when nobody is signed in, one and the same while it is fresh, another one on demand', async () => {
    const client = createTestClient(server);
    const { auth } = client;
    expect(await auth.getAccessToken()).toBeNull();
    await signIn(client);
    const token = await auth.getAccessToken();
    expect(await auth.getAccessToken()).toBe(token);
    expect(await auth.getAccessToken({ refresh: true })).not.toBe(token);
  });

  test('null after a refused refresh', async () => {
    const client = createTestClient(server);
    await signIn(client);
    for (const session of server.sessions.values()) session.revoked = true;
    expect(await catchError(client.auth.getAccessToken({ refresh: true }))).toMatchObject({ code: 'SESSION_REVOKED' });
    expect(await client.auth.getAccessToken()).toBeNull();
  });
});

describe('the status', () => {
  test('is known once the storage has been read, and goes with every sign-in and sign-out', async () => {
    const storage = createMapStorage();
    const first = createTestClient(server, { storage });
    const seen: string[] = [first.auth.status];
    await first.auth.ready();
    seen.push(first.auth.status);
    await signIn(first);
    seen.push(first.auth.status);
    const reloaded = createTestClient(server, { storage });
    seen.push(reloaded.auth.status);
    await reloaded.auth.ready();
    seen.push(reloaded.auth.status);
    await reloaded.auth.logout();
    seen.push(reloaded.auth.status);
    expect(seen).toEqual(['loading', 'signed-out', 'signed-in', 'loading', 'signed-in', 'signed-out']);
  });

  test('with the cookie only the server knows; while it cannot be asked, nobody does', async () => {
    server.control.cut = (url) => url.includes('auth.refresh');
    const { auth } = createTestClient(server, { storage: 'cookie' }, { fetch: createCookieJar() });
    expect(await catchError(auth.ready())).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(auth.status).toBe('loading');
    server.control.cut = () => false;
    expect(await auth.ready()).toBeNull();
    expect(auth.status).toBe('signed-out');
  });
});
