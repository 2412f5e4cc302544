// What the client takes from the place it runs in, gathered in one object.
import { wait } from './wait.ts';

/** The part of a `Response` that is read. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
  /** A `ReadableStream`; only what is to be read as it comes needs one. */
  readonly body?: unknown;
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

/** The part of a web page that a sign-in by redirect uses. */
export interface Page {
  readonly href: string;
  /** Leaves for another address. */
  assign(url: string): void;
  /** Shows another address without loading it. */
  replace(url: string): void;
  /** Outlives the way to the provider and back, in this tab alone. */
  readonly storage: Storage;
}

interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
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
  /** So many random bytes. */
  randomBytes(count: number): Uint8Array;
  sha256(text: string): Promise<Uint8Array>;
  /** Undefined outside of web pages. */
  readonly page: Page | undefined;
}

interface Platform {
  readonly fetch: Fetch;
  readonly navigator?: { readonly locks?: Locks };
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly crypto: {
    getRandomValues<T extends Uint8Array>(array: T): T;
    /** Undefined on pages from http. */
    readonly subtle?: { digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer> };
  };
  readonly location?: { readonly href: string; assign(url: string): void };
  readonly history?: { replaceState(data: unknown, unused: string, url: string): void };
  readonly sessionStorage: Storage;
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
    randomBytes: (count) => (platform as Platform).crypto.getRandomValues(new Uint8Array(count)),
    async sha256(text) {
      const { subtle } = (platform as Platform).crypto;
      if (!subtle) throw new TypeError('A sign-in by redirect needs a page from https or localhost');
      return new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(text)));
    },
    page: readPage(platform as Platform),
  };
}

function readPage(platform: Platform): Page | undefined {
  const { location, history } = platform;
  if (!location || !history) return undefined;
  return {
    get href() {
      return location.href;
    },
    assign: (url) => location.assign(url),
    replace: (url) => history.replaceState(null, '', url),
    // Looked up when it is needed: in frames without storage the very look throws.
    get storage() {
      return platform.sessionStorage;
    },
  };
}
