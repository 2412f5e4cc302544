// A browser without a screen: keeps cookies of the server, follows redirects one at a time.
import { createHash, randomBytes } from 'node:crypto';
import type { Answer, RestAnswer, TestServer } from './server.ts';

export interface BrowserSession {
  /** One request, to an address of the server or of a fake; what the server's cookies say is kept. */
  go(
    url: string,
    options?: { readonly headers?: Record<string, string>; readonly method?: string; readonly body?: unknown },
  ): Promise<Visit>;
  readonly cookies: ReadonlyMap<string, string>;
}

export interface Visit {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where it leads next; empty for a page. */
  readonly location: string;
}

export function openBrowser({ url: own }: Pick<TestServer, 'url'>): BrowserSession {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async go(url, { headers = {}, method = 'GET', body } = {}) {
      const target = new URL(url, own);
      const isOwn = target.hostname === new URL(own).hostname;
      const response = await fetch(target, {
        method,
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(isOwn && cookies.size > 0
            ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
            : {}),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      return {
        status: response.status,
        headers: response.headers,
        text: await response.text(),
        location: response.headers.get('location') ?? '',
      };
    },
  };
}

/** An application that signs its users in by redirect. */
export interface RedirectApp {
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly challenge: string;
  /** The address of AuthCenter that the browser is sent to. */
  authorizeUrl(provider: string, changes?: Record<string, string>): string;
  exchange(code: string, changes?: Record<string, unknown>, on?: TestServer): Promise<RestAnswer>;
}

/** Registered straight in the database of the server, through its own procedure. */
export async function registerApp(server: TestServer, kind: 'spa' | 'web' = 'spa'): Promise<RedirectApp> {
  const { access: token } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
  const redirectUri = `https://app-${randomBytes(4).toString('hex')}.example.com/callback`;
  const created = await server.rest('POST', '/clients', {
    token,
    body: { name: '报销系统', kind, redirect_uris: [redirectUri] },
  });
  if (created.status !== 201) throw new Error(`clients.create answered ${created.status}`);
  const { client_id: clientId, client_secret: clientSecret } = created.body;
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return {
    clientId,
    clientSecret,
    redirectUri,
    verifier,
    challenge,
    authorizeUrl(provider, changes = {}) {
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        state: 'from-the-app',
        code_challenge: challenge,
        ...changes,
      });
      return `/api/v1/auth/oauth/${provider}/authorize?${query}`;
    },
    exchange: (code, changes = {}, on = server) =>
      on.rest('POST', '/auth/token', {
        body: {
          grant_type: 'authorization_code',
          code,
          code_verifier: verifier,
          redirect_uri: redirectUri,
          client_id: clientId,
          ...(clientSecret === null ? {} : { client_secret: clientSecret }),
          ...changes,
        },
      }),
  };
}

/** To the provider as that person and back to AuthCenter. @returns the last answer: the redirect to the application */
export async function visitProvider(browser: BrowserSession, start: string, person: string): Promise<Visit> {
  const toProvider = await browser.go(start);
  if (toProvider.status !== 302) return toProvider;
  const provider = new URL(toProvider.location);
  provider.searchParams.set('as', person);
  const back = await browser.go(provider.href);
  return browser.go(back.location);
}

/** What the application is told in the address it is called with. */
export const readReturn = ({ location }: Pick<Visit, 'location'>): Answer =>
  location === '' ? {} : Object.fromEntries(new URL(location).searchParams);
