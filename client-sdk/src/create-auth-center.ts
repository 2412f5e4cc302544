// createAuthCenter: the client put together from its parts.
import type { Auth } from './auth.ts';
import { type Connection, connectApi, connectBare } from './connect.ts';
import { createAuth } from './create-auth.ts';
import { createCredentials } from './credentials.ts';
import { type Environment, type Fetch, readEnvironment } from './environment.ts';
import { createRefresher } from './refresher.ts';
import type { Api } from './router.ts';
import { createSession } from './session.ts';
import { createStepUp, type OnStepUp } from './step-up.ts';
import { createRecordStore, memoryStore, type SessionStorage } from './storage.ts';
import { followNotices, noTabs, openTabs } from './tabs.ts';

/**
 * How a client is set up; only `url` is required.
 *
 * @example
 * import { type AuthCenterOptions, createAuthCenter } from '@authcenter/client';
 *
 * const options: AuthCenterOptions = { url: 'https://auth.example.com', storage: 'cookie', language: 'zh-CN', retryFor: 10_000 };
 * createAuthCenter(options);
 */
export interface AuthCenterOptions {
  /** Where the server is: `https://auth.example.com`. */
  readonly url: string;
  /**
   * Where the session is kept. `memory` (default): nowhere, it ends with the page or process. `cookie`: browsers only; the refresh token
   * lives in an HttpOnly cookie, no script sees it, a reload and the other tabs stay signed in; the page must be of the server's own
   * site and its origin allowed there. Or a place of your own.
   */
  readonly storage?: 'memory' | 'cookie' | SessionStorage;
  /** The language of error texts, as `Accept-Language`: `zh-CN`, `en`. Absent: what the platform sends. */
  readonly language?: string;
  /** How long calls that were refused for now (429, 503) are tried again, in milliseconds from the call on; default 30,000, 0: never. */
  readonly retryFor?: number;
  /** Sends the requests; absent: the platform's own `fetch`. */
  readonly fetch?: Fetch;
  /** Asked when a call demands a fresh proof (`STEP_UP_REQUIRED`); the call is then made again. Absent: such calls fail. */
  readonly onStepUp?: OnStepUp;
}

/**
 * A client of one AuthCenter.
 *
 * @example
 * import { type AuthCenter, createAuthCenter } from '@authcenter/client';
 *
 * export const center: AuthCenter = createAuthCenter({ url: 'https://auth.example.com' });
 */
export interface AuthCenter {
  /** Where the server is, without a slash at the end. */
  readonly url: string;
  /** Every procedure of the server, typed. Calls made at once travel in one request. */
  readonly api: Api;
  /** The session: signing in and out, who it is, what they may do. */
  readonly auth: Auth;
  /** Stops listening to other tabs; the session stays as it is. Only needed where clients come and go. */
  close(): void;
}

const DEFAULT_RETRY_FOR = 30_000;
/** What a server that neither answers nor refuses is given on top, in milliseconds. */
const ANSWER_WITHIN = 20_000;

export function createAuthCenterIn(env: Environment, options: AuthCenterOptions): AuthCenter {
  const { storage = 'memory', retryFor = DEFAULT_RETRY_FOR } = options;
  const url = options.url.replace(/\/+$/, '');
  const name = `authcenter:${url}`;
  const cookie = storage === 'cookie';
  const connection: Connection = { url, env, retryFor, language: options.language, cookie };

  const session = createSession(
    typeof storage === 'string' ? memoryStore : createRecordStore(storage, name),
    env,
    !cookie,
  );
  // What is in memory alone no other tab can share.
  const tabs = storage === 'memory' ? noTabs : openTabs(name, env, followNotices(session, cookie));
  const bare = connectBare(connection);
  const refresher = createRefresher({
    session,
    tabs,
    env,
    limit: retryFor + ANSWER_WITHIN,
    requestTokens: (token, signal) =>
      bare.auth.refresh.mutate(token === null ? undefined : { refresh_token: token }, { signal }),
  });
  const stepUp = createStepUp({
    session,
    tabs,
    env,
    onStepUp: options.onStepUp,
    send: (proof) => api.auth.stepUp.mutate(proof),
  });
  const api = connectApi(connection, session, createCredentials(session, refresher, tabs, stepUp));
  const transport = cookie ? 'cookie' : 'body';
  const auth = createAuth({ session, refresher, tabs, env, api, bare, stepUp, url, transport });
  // Restores at once; whoever calls meanwhile waits for it, and is told if it fails.
  auth.ready().catch(() => {});
  return { url, api, auth, close: () => tabs.close() };
}

/**
 * Makes a client of an AuthCenter: `api` calls its procedures, `auth` is the session. Tokens are renewed unseen: ahead of expiry, and when
 * the server says that one is out of date; calls wait for it and are sent again. A lost network never signs out, only a refusal does.
 *
 * @param options - `url` of the server; `storage`: `memory`, `cookie` or your own; `retryFor` in milliseconds
 * @returns `{ api, auth, url, close }`
 * @throws TypeError when `url` is not an http(s) URL
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 *
 * const { api, auth } = createAuthCenter({ url: 'https://auth.example.com' });
 * await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
 * const { allowed } = await api.rbac.check.query({ permission: 'knowledge:CREATE' });
 * const sessions = await api.auth.sessions.list.query({ limit: 10 });
 * console.log(allowed, sessions.items[0]?.created_at.getFullYear());
 */
export function createAuthCenter(options: AuthCenterOptions): AuthCenter {
  if (!/^https?:\/\/[^/]/.test(options.url))
    throw new TypeError(`url must be an http(s) URL, not ${JSON.stringify(options.url)}`);
  const env = readEnvironment();
  return createAuthCenterIn(options.fetch ? { ...env, fetch: options.fetch } : env, options);
}
