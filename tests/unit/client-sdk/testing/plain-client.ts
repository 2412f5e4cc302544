// A client of AuthCenter over REST, written without the SDK; and what such clients get wrong, one mistake at a time.
import type { ConformanceClient, ConformanceSetting } from '../../../../client-sdk/src/testing.ts';

export type Mistake =
  | 'each call refreshes for itself'
  | 'does not look whether the token was renewed meanwhile'
  | 'keeps what a refresh brings after signing out'
  | 'stays signed in when the server cannot be told'
  | 'signs out when the network fails'
  | 'signs out when the server is away'
  | 'signs out on a stale token'
  | 'does not renew a stale token'
  | 'renews for ever'
  | 'tells of signing out for each call'
  | 'sends the calls beside a refused one again'
  | 'does not notice that the session has ended'
  | 'keeps its own copy of the refresh token';

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

const URLS = { 'auth.me': '/auth/me', 'auth.sessions.list': '/auth/sessions' } as const;

export function createPlainClient({ url, fetch, storage }: ConformanceSetting, mistake?: Mistake): ConformanceClient {
  const does = (one: Mistake): boolean => mistake === one;
  const listeners: (() => void)[] = [];
  let own: Pair | null | undefined;
  let flight: Promise<void> | null = null;
  let generation = 0;
  /** Calls on their way. */
  const under = new Set<() => Promise<unknown>>();

  const read = async (): Promise<Pair | null> => {
    if (does('keeps its own copy of the refresh token') && own !== undefined) return own;
    own = JSON.parse((await storage.get('pair')) ?? 'null') as Pair | null;
    return own;
  };
  const write = async (pair: Pair | null): Promise<void> => {
    own = pair;
    await (pair ? storage.set('pair', JSON.stringify(pair)) : storage.remove('pair'));
  };
  const signOut = async (): Promise<void> => {
    const wasIn = (await read()) !== null;
    generation++;
    await write(null);
    if (wasIn || does('tells of signing out for each call')) for (const listener of listeners) listener();
  };
  const send = async (method: string, path: string, body?: object, token?: string) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = (await response.json().catch(() => null)) as (Pair & { readonly code?: string }) | null;
    return { status: response.status, ok: response.ok, answer };
  };

  async function refresh(before: Pair): Promise<void> {
    const begun = generation;
    let told: Awaited<ReturnType<typeof send>>;
    try {
      told = await send('POST', '/auth/refresh', { refresh_token: before.refresh_token });
    } catch (error) {
      if (does('signs out when the network fails')) await signOut();
      throw error;
    }
    if (told.status === 503 && does('signs out when the server is away')) await signOut();
    if (told.status === 401 && !does('does not notice that the session has ended')) await signOut();
    if (!told.ok) throw new Error(`the refresh was answered with ${told.status}`);
    if (begun === generation || does('keeps what a refresh brings after signing out')) await write(told.answer);
  }

  async function renew(refused: Pair): Promise<void> {
    const now = await read();
    if (!now) throw new Error('signed out');
    if (now.access_token !== refused.access_token && !does('does not look whether the token was renewed meanwhile'))
      return;
    if (does('each call refreshes for itself')) return refresh(now);
    flight ??= refresh(now).finally(() => {
      flight = null;
    });
    return flight;
  }

  async function call(path: keyof typeof URLS, attempt = 0): Promise<unknown> {
    const pair = await read();
    if (!pair) throw new Error('signed out');
    const { ok, status, answer } = await send('GET', URLS[path], undefined, pair.access_token);
    if (ok) return answer;
    const code = answer?.code;
    if (code === 'TOKEN_STALE' && does('signs out on a stale token')) await signOut();
    if (code === 'SESSION_REVOKED' && !does('does not notice that the session has ended')) await signOut();
    const isOutdated = code === 'TOKEN_EXPIRED' || (code === 'TOKEN_STALE' && !does('does not renew a stale token'));
    if (!isOutdated || (attempt > 0 && !does('renews for ever'))) throw new Error(`answered with ${status} ${code}`);
    await renew(pair);
    if (does('sends the calls beside a refused one again')) for (const again of under) void again().catch(() => {});
    return call(path, attempt + 1);
  }

  return {
    async signIn(credentials) {
      const { ok, answer } = await send('POST', '/auth/login', credentials);
      if (!ok) throw new Error('the sign-in was refused');
      await write(answer);
    },
    async signOut() {
      const pair = await read();
      const tell = () => send('POST', '/auth/logout', { refresh_token: pair?.refresh_token });
      if (does('stays signed in when the server cannot be told')) await tell();
      await signOut();
      await tell();
    },
    call(path) {
      const again = () => send('GET', URLS[path], undefined, own?.access_token);
      under.add(again);
      return call(path).finally(() => under.delete(again));
    },
    isSignedIn: async () => (await read()) !== null,
    onSignedOut: (listener) => listeners.push(listener),
  };
}
