// What the conformance kit asks of a client, takes of a server, and tells.
import type { SessionStorage } from '../../storage.ts';

/**
 * Where a client under test is to be made: everything it sends must go through `fetch`.
 *
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import type { ConformanceSetting } from '@authcenter/client/testing';
 *
 * export const open = ({ url, fetch, storage }: ConformanceSetting) => createAuthCenter({ url, fetch, storage });
 */
export interface ConformanceSetting {
  /** Of the server. */
  readonly url: string;
  /** Counts what is sent, and loses or delays some of it. */
  readonly fetch: typeof fetch;
  /** Shared by clients that are to be tabs of one application. */
  readonly storage: SessionStorage;
}

/**
 * A client under test, in the words of the kit: whatever framework it is made for.
 *
 * @example
 * import type { AuthCenter } from '@authcenter/client';
 * import type { ConformanceClient } from '@authcenter/client/testing';
 *
 * export const adapt = ({ api, auth, close }: AuthCenter): ConformanceClient => ({
 *   signIn: (credentials) => auth.login(credentials),
 *   signOut: () => auth.logout(),
 *   call: (path) => (path === 'auth.me' ? api.auth.me.query() : api.auth.sessions.list.query({})),
 *   isSignedIn: async () => (await auth.ready()) !== null,
 *   onSignedOut: (listener) => auth.onChange((user) => user ?? listener()),
 *   close,
 * });
 */
export interface ConformanceClient {
  /**
   * Signs in by a password.
   *
   * @param credentials - of the server's user
   */
  signIn(credentials: { readonly username: string; readonly password: string }): Promise<unknown>;
  /** Signs out. */
  signOut(): Promise<unknown>;
  /**
   * Calls one of two procedures with the session's token; calls made at once may travel together.
   *
   * @param path - which of them
   */
  call(path: 'auth.me' | 'auth.sessions.list'): Promise<unknown>;
  /** Whether it takes somebody to be signed in; once that is known. */
  isSignedIn(): boolean | Promise<boolean>;
  /**
   * Has a listener told whenever it comes to know that nobody is signed in any more; absent: that is not looked at.
   *
   * @param listener - to be called
   */
  onSignedOut?(listener: () => void): unknown;
  /** It is not needed any more. */
  close?(): unknown;
}

/**
 * A server to check clients against in the place of the fake, with what of it a test can move.
 *
 * @example
 * import type { ConformanceServer } from '@authcenter/client/testing';
 *
 * const staging: ConformanceServer = {
 *   url: 'https://auth.staging.example.com',
 *   user: { username: 'conformance', password: 'correct horse battery staple' },
 * };
 */
export interface ConformanceServer {
  /** Where it is. */
  readonly url: string;
  /** Sends requests to it; absent: the platform's. */
  readonly fetch?: typeof fetch;
  /** Who signs in. */
  readonly user: { readonly username: string; readonly password: string };
  /**
   * Moves its clock forward.
   *
   * @param ms - milliseconds
   */
  advance?(ms: number): void | Promise<void>;
  /** Makes the user's tokens stale. */
  staleTokens?(): void | Promise<void>;
  /** Ends the user's sessions. */
  endSessions?(): void | Promise<void>;
  /**
   * Refuses a procedure's next calls.
   *
   * @param path - which one
   * @param code - of the error table
   * @param times - how often
   */
  refuse?(path: string, code: 'TOKEN_EXPIRED', times: number): void | Promise<void>;
}

/**
 * How a client is checked.
 *
 * @example
 * import type { ConformanceOptions } from '@authcenter/client/testing';
 *
 * const options: ConformanceOptions = { tabs: 5, calls: 50 };
 */
export interface ConformanceOptions {
  /** The server; absent: a fake of its own for each check. */
  readonly server?: ConformanceServer;
  /** Clients that share a session; default 3. */
  readonly tabs?: number;
  /** Calls that each makes at once; default 10. */
  readonly calls?: number;
  /** Milliseconds within which whatever is waited for must have come; default 10,000. */
  readonly patience?: number;
}

/**
 * What one check has found.
 *
 * @example
 * import type { ConformanceFinding } from '@authcenter/client/testing';
 *
 * export const print = ({ name, status, explanation }: ConformanceFinding) => console.log(`${status}: ${name}. ${explanation}`);
 */
export interface ConformanceFinding {
  /** The rule, as a sentence; stable. */
  readonly name: string;
  /** `skipped`: this server or client cannot be made to show it. */
  readonly status: 'pass' | 'fail' | 'skipped';
  /** What was seen, or why it was skipped. */
  readonly explanation: string;
}
