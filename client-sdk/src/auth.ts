// The session as an application sees it: who is signed in, what they may do, signing in and out.
import { covers, type PermissionName } from './can.ts';
import type { Environment } from './environment.ts';
import { holdsTokens, type SessionUser, type Tokens, toRecord } from './record.ts';
import type { Refresher } from './refresher.ts';
import type { Api, RouterInputs, RouterOutputs } from './router.ts';
import type { Session } from './session.ts';
import type { Tabs } from './tabs.ts';

/** How the refresh token travels follows from the storage chosen. */
type Opening<T> = T extends unknown ? Omit<T, 'refresh_transport'> : never;
/** The tokens stay with the SDK. */
type Opened<T> = T extends { status: 'ok' } ? { status: 'ok'; user: SessionUser } : T;

/**
 * What `auth.login` takes: one of the ways to sign in, and optionally the device's name.
 *
 * @example
 * import type { LoginInput } from '@authcenter/client';
 *
 * const input: LoginInput = { username: 'li.lei', password: 'correct horse battery staple', device: { device_type: 'web' } };
 */
export type LoginInput = Opening<RouterInputs['auth']['login']>;

/**
 * What `auth.login` answers, told apart by `status`; with `ok` the person is signed in.
 *
 * @example
 * import type { LoginResult } from '@authcenter/client';
 *
 * export const isSignedIn = (result: LoginResult) => result.status === 'ok';
 */
export type LoginResult = Opened<RouterOutputs['auth']['login']>;

/**
 * What `auth.register` takes.
 *
 * @example
 * import type { RegisterInput } from '@authcenter/client';
 *
 * const input: RegisterInput = { username: 'li.lei', email: 'li.lei@example.com', password: 'correct horse battery staple' };
 */
export type RegisterInput = Opening<RouterInputs['auth']['register']>;

/**
 * What `auth.register` answers: signed in at once (`ok`), or first the link in the mail (`verification_required`).
 *
 * @example
 * import type { RegisterResult } from '@authcenter/client';
 *
 * export const mustReadMail = (result: RegisterResult) => result.status === 'verification_required';
 */
export type RegisterResult = Opened<RouterOutputs['auth']['register']>;

/**
 * The session of one client: `createAuthCenter(…).auth`.
 *
 * @example
 * import type { Auth } from '@authcenter/client';
 *
 * export const nameOf = (auth: Auth) => auth.user?.username ?? 'nobody';
 */
export interface Auth {
  /**
   * Who is signed in, as of the last sign-in or refresh; null: nobody, or not known yet (see `ready`).
   *
   * @example
   * console.log(auth.user?.roles);
   */
  readonly user: SessionUser | null;

  /**
   * Resolves once it is known who is signed in: the storage has been read or, with the cookie, the server asked.
   *
   * @returns the user, null when nobody is signed in
   * @throws AuthCenterError `NETWORK_ERROR` and the server's 429 and 5xx, when the server had to be asked and could not be; the next
   *   call asks again
   * @example
   * const user = await auth.ready();
   * if (!user) console.log('Sign in first');
   */
  ready(): Promise<SessionUser | null>;

  /**
   * Signs in. While the server is too busy to check passwords it is asked again for `retryFor`.
   *
   * @param input - `{ email, password }` or `{ username, password }`, optionally `device: { device_type, device_name }`
   * @param options - `signal` gives up
   * @returns `{ status: 'ok', user }`
   * @throws AuthCenterError `INVALID_CREDENTIALS`, `ACCOUNT_LOCKED` (with `retryAfter`), `ACCOUNT_DISABLED`, `EMAIL_NOT_VERIFIED`,
   *   `RATE_LIMITED`, `OVERLOADED`, `VALIDATION_FAILED`, `ORIGIN_REFUSED` (storage `cookie`), `NETWORK_ERROR`
   * @example
   * const { user } = await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
   * console.log(user.permissions); // ['ai:USE', 'knowledge:READ', …]
   */
  login(input: LoginInput, options?: { signal?: AbortSignal }): Promise<LoginResult>;

  /**
   * Makes an account; where the server does not ask for a verified address first, it is signed in at once.
   *
   * @param input - `{ username, email, password, name? }`: username 3–32 of `a-z 0-9 _ . -`, password 8–128 characters
   * @param options - `signal` gives up
   * @returns `{ status: 'ok', user }`, or `{ status: 'verification_required' }`: a mail with a link has gone out
   * @throws AuthCenterError `ALREADY_EXISTS`, `VALIDATION_FAILED` (with `issues`), `RATE_LIMITED`, `OVERLOADED`, `NETWORK_ERROR`
   * @example
   * const result = await auth.register({ username: 'li.lei', email: 'li.lei@example.com', password: 'correct horse battery staple' });
   * if (result.status === 'ok') console.log(result.user.id);
   */
  register(input: RegisterInput, options?: { signal?: AbortSignal }): Promise<RegisterResult>;

  /**
   * Signs out: here and in the other tabs at once, then on the server. What a refresh under way brings is thrown away.
   *
   * @param options - `everywhere`: all sessions of this person are ended, on all devices; then a failure leaves everything as it was
   * @throws AuthCenterError `NETWORK_ERROR` and the server's 5xx when the server could not be told; this client is signed out even so
   * @example
   * await auth.logout();
   */
  logout(options?: { everywhere?: boolean }): Promise<void>;

  /**
   * Whether the signed-in person may do something, without asking the server; `MANAGE` on a resource covers every action on it.
   * For what to show: the server decides again, and a grant that ended since the last refresh is noticed there first.
   *
   * @param permission - `resource:ACTION` in any case, or the name of a builtin permission; of permissions made at run time only the pair
   * @returns false when nobody is signed in
   * @example
   * if (auth.can('knowledge:CREATE')) console.log('show the button');
   * auth.can('TAG_MANAGE');
   * auth.can('invoice:APPROVE'); // made at run time
   */
  can(permission: PermissionName): boolean;

  /**
   * Tells whenever somebody signs in or out, here or in another tab, and when a refresh brought other roles, permissions or names.
   *
   * @param listener - given the user, null after a sign-out
   * @returns stops the telling
   * @example
   * const stop = auth.onChange((user) => console.log(user ? `Hello ${user.username}` : 'Bye'));
   * stop();
   */
  onChange(listener: (user: SessionUser | null) => void): () => void;

  /**
   * The access token for requests of one's own (`Authorization: Bearer …`), renewed first when it is about to expire. Ask each time.
   *
   * @param options - `refresh`: a new one in any case, for when a service refused this one
   * @returns null when nobody is signed in
   * @throws AuthCenterError when an expired one could not be renewed: `NETWORK_ERROR`, or the server's 429 and 5xx
   * @example
   * const token = await auth.getAccessToken();
   * await fetch('https://api.example.com/orders', { headers: { authorization: `Bearer ${token}` } });
   */
  getAccessToken(options?: { refresh?: boolean }): Promise<string | null>;
}

interface Parts {
  readonly session: Session;
  readonly refresher: Refresher;
  readonly tabs: Tabs;
  readonly env: Pick<Environment, 'now'>;
  readonly api: Api;
  readonly bare: Api;
  readonly transport: 'body' | 'cookie';
}

export function createAuth({ session, refresher, tabs, env, api, bare, transport }: Parts): Auth {
  async function open<T extends { status: string }>(
    send: () => Promise<T>,
  ): Promise<Exclude<T, Tokens> | { status: 'ok'; user: SessionUser }> {
    // An older session's refresh must not answer after this: its cookie would replace the new one.
    if (transport === 'cookie') await refresher.settle();
    const askedAt = env.now();
    const answer = await send();
    if (!holdsTokens(answer)) return answer as Exclude<T, Tokens>;
    const record = toRecord(answer, askedAt, env.now());
    await session.replace(record);
    tabs.announce({ sid: record.sid, record });
    return { status: 'ok', user: record.user };
  }

  return {
    get user() {
      return session.record?.user ?? null;
    },

    ready: async () => (await refresher.provide())?.user ?? null,

    login: (input, options) => open(() => bare.auth.login.mutate({ ...input, refresh_transport: transport }, options)),

    register: (input, options) =>
      open(() => bare.auth.register.mutate({ ...input, refresh_transport: transport }, options)),

    async logout({ everywhere = false } = {}) {
      await session.reload();
      const { record } = session;
      if (everywhere && record) await api.auth.logoutAll.mutate();
      await session.replace(null);
      if (record) tabs.announce({ sid: record.sid, record: null });
      // With the cookie only the server knows whether there is a session left to end.
      if ((everywhere && record) || (!record && transport === 'body')) return;
      const refreshToken = record?.refresh_token;
      await bare.auth.logout.mutate(refreshToken ? { refresh_token: refreshToken } : undefined, {
        context: { token: record?.access_token },
      });
    },

    can: (permission) => covers(session.record?.user ?? null, permission),

    onChange: (listener) => session.subscribe(listener),

    async getAccessToken({ refresh = false } = {}) {
      const record = await refresher.provide();
      if (refresh && record) await refresher.renew(record);
      return session.record?.access_token ?? null;
    },
  };
}
