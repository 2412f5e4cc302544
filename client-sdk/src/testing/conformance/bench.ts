// The bench of one check: a server, clients on it, and everything that they send, counted.
import type { SessionStorage } from '../../storage.ts';
import { createFakeAuthCenter } from '../create-fake.ts';
import { listPaths } from '../doors/requests.ts';
import { createFaults, type Faults } from '../faults.ts';
import type { ConformanceClient, ConformanceOptions, ConformanceServer, ConformanceSetting } from './types.ts';

export type MakeClient = (setting: ConformanceSetting) => ConformanceClient | Promise<ConformanceClient>;

/** Says why a check has failed. */
export class Broken extends Error {}
/** Says why a check could not be made. */
export class Skipped extends Error {}

/** @throws Broken unless it is so */
export function expect(isSo: boolean, explanation: string): void {
  if (!isSo) throw new Broken(explanation);
}

export interface Bench {
  readonly tabs: number;
  readonly calls: number;
  readonly faults: Faults;
  /** A client without a session, or, with the storage of others, another of their tabs. */
  open(storage?: SessionStorage): Promise<ConformanceClient>;
  /** One that is signed in, with how often it told that nobody is any more. */
  openSignedIn(storage?: SessionStorage): Promise<{ client: ConformanceClient; countSignOuts(): number }>;
  /** Access tokens have expired at the server; clients do not know. */
  expire(): Promise<void>;
  /** A hand on the server; the check is skipped where there is none. */
  use<Name extends 'advance' | 'staleTokens' | 'endSessions' | 'refuse'>(
    name: Name,
  ): NonNullable<ConformanceServer[Name]>;
  countCalls(path: string): number;
  /** How many refreshes were under way at once, at most. */
  countRefreshesAtOnce(): number;
  /** Forgets what was counted so far. */
  reset(): void;
  /** Rejects when it takes too long. */
  soon<T>(promise: Promise<T>, what: string): Promise<T>;
  close(): Promise<void>;
}

const REFRESH = 'auth.refresh';
let benches = 0;

function createFakeServer(): ConformanceServer {
  const user = { username: 'li.lei', password: 'correct horse battery' };
  // Clients that meet by their server's address are not to meet those of another check.
  const fake = createFakeAuthCenter({ url: `https://auth-${++benches}.test`, users: [user] });
  return {
    url: fake.url,
    fetch: fake.fetch,
    user,
    advance: fake.advance,
    staleTokens: () => fake.staleTokens(),
    endSessions: () => fake.endSessions(),
    refuse: (path, code, times) => fake.fail(path as 'auth.me', code, { times }),
  };
}

export function createStorage(): SessionStorage {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  };
}

export function createBench(makeClient: MakeClient, options: ConformanceOptions): Bench {
  const { tabs = 3, calls = 10, patience = 10_000 } = options;
  const server = options.server ?? createFakeServer();
  const send = server.fetch ?? fetch;
  const faults = createFaults();
  const opened: ConformanceClient[] = [];
  let called: string[] = [];
  let [refreshing, most] = [0, 0];

  const around = faults.around((request) => send(request));
  const counting: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const paths = listPaths(request.method, request.url);
    const refreshes = paths.filter((path) => path === REFRESH).length;
    called.push(...paths);
    refreshing += refreshes;
    most = Math.max(most, refreshing);
    try {
      return await around(request);
    } finally {
      refreshing -= refreshes;
    }
  };

  const use: Bench['use'] = (name) => {
    const hand = server[name];
    if (!hand) throw new Skipped(`The server is given without ${name}`);
    return hand as never;
  };

  const open = async (storage = createStorage()): Promise<ConformanceClient> => {
    const client = await makeClient({ url: server.url, fetch: counting, storage });
    opened.push(client);
    return client;
  };

  const soon = async <T>(promise: Promise<T>, what: string): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Broken(`${what} had not come to its end after ${patience} ms`)), patience);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  };

  return {
    tabs,
    calls,
    faults,
    open,
    async openSignedIn(storage) {
      const client = await open(storage);
      let signOuts = 0;
      await soon(client.signIn(server.user), 'signing in');
      client.onSignedOut?.(() => signOuts++);
      return { client, countSignOuts: () => signOuts };
    },
    // Longer than any access token lives by default.
    expire: async () => use('advance')(16 * 60_000),
    use,
    countCalls: (path) => called.filter((one) => one === path).length,
    countRefreshesAtOnce: () => most,
    reset() {
      called = [];
      most = 0;
    },
    soon,
    async close() {
      faults.clear();
      for (const client of opened) await client.close?.();
    },
  };
}
