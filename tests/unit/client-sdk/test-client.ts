// Clients for the SDK's tests: tabs with locks, channels, clocks and storages of the test's own.
import { type AuthCenterOptions, createAuthCenterIn } from '../../../client-sdk/src/create-auth-center.ts';
import { type Environment, type Fetch, type Locks, readEnvironment } from '../../../client-sdk/src/environment.ts';
import type { SessionStorage } from '../../../client-sdk/src/index.ts';
import type { FakeServer } from './fake-server.ts';

/** Alone in the world, unless the test gives it locks or a channel. */
export const createTestClient = (
  server: Pick<FakeServer, 'url'>,
  options: Partial<AuthCenterOptions> = {},
  env: Partial<Environment> = {},
) =>
  createAuthCenterIn(
    { ...readEnvironment(), locks: undefined, openChannel: undefined, ...env },
    { url: server.url, ...options },
  );

export type TestClient = ReturnType<typeof createTestClient>;

export const signIn = (client: TestClient, username = 'li.lei') => client.auth.login({ username, password: 'right' });

export function createMapStorage(
  map = new Map<string, string>(),
): SessionStorage & { readonly map: Map<string, string> } {
  return {
    map,
    get: async (key) => map.get(key) ?? null,
    set: async (key, value) => void map.set(key, value),
    remove: async (key) => void map.delete(key),
  };
}

/** A clock that the test moves; waiting moves it, too, and takes no time. */
export function createTestTime() {
  let now = 1_000_000;
  const waits: number[] = [];
  return {
    waits,
    advance: (ms: number) => {
      now += ms;
    },
    env: {
      now: () => now,
      random: () => 0.5,
      wait: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        waits.push(ms);
        now += ms;
      },
    },
  };
}

/** The Web Locks API over one page's worth of tabs: first come, first served. */
export function createFakeLocks(): Locks {
  let tail: Promise<unknown> = Promise.resolve();
  let held = 0;
  return {
    request(_name, { ifAvailable }, work) {
      if (ifAvailable && held > 0) return work(null);
      held++;
      const turn = tail.then(() => work({}));
      tail = turn.then(
        () => held--,
        () => held--,
      );
      return turn;
    },
  };
}

/** A browser's cookie jar around fetch; tabs of one browser share it. */
export function createCookieJar(fetch: Fetch = readEnvironment().fetch): Fetch {
  let cookie: string | undefined;
  return async (url, init) => {
    const headers = cookie && init.credentials === 'include' ? { ...init.headers, cookie } : init.headers;
    const response = await fetch(url, { ...init, headers });
    const set = response.headers.get('set-cookie');
    if (set && init.credentials === 'include') cookie = set.split(';')[0];
    return response;
  };
}

export async function catchError(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}

/** A gate that whatever waits at it passes once it is open. */
export function createGate() {
  let open = () => {};
  let arrive = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  /** Resolves when the first one has come to the gate. */
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const pass = async () => {
    arrive();
    await opened;
  };
  return { open: () => open(), reached, pass };
}
