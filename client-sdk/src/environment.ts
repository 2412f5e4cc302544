// What the client takes from the place it runs in, gathered in one object.

/** The part of a `Response` that is read. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}

/** What a request is sent with. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  credentials?: 'include';
}

/**
 * The form of `fetch` that requests are sent by; the platform's own fits.
 *
 * @example
 * import { createAuthCenter, type Fetch } from '@authcenter/client';
 *
 * const logged: Fetch = (url, init) => {
 *   console.log(init.method, url);
 *   return fetch(url, init);
 * };
 * createAuthCenter({ url: 'https://auth.example.com', fetch: logged });
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** The part of the Web Locks API that is used. */
export interface Locks {
  request<T>(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    work: (lock: unknown) => Promise<T>,
  ): Promise<T>;
}

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
  /** Node alone: an open channel does not keep the process alive. */
  unref?(): void;
}

export interface Environment {
  readonly fetch: Fetch;
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
  readonly locks: Locks | undefined;
  readonly openChannel: ((name: string) => Channel) | undefined;
}

interface Platform {
  readonly fetch: Fetch;
  readonly navigator?: { readonly locks?: Locks };
  readonly BroadcastChannel?: new (name: string) => Channel;
}

export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The platform as it is; looked up when called, since tests and polyfills come later than imports. */
export function readEnvironment(): Environment {
  const platform = globalThis as typeof globalThis & Platform;
  const { BroadcastChannel } = platform as Platform;
  return {
    fetch: (url, init) => (platform as Platform).fetch(url, init),
    now: Date.now,
    wait,
    random: Math.random,
    locks: (platform as Platform).navigator?.locks,
    openChannel: BroadcastChannel && ((name) => new BroadcastChannel(name)),
  };
}
