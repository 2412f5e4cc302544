// What the tests of sign-in providers share: a provider as the configuration makes it, the way through its pages, and a look for what must not be told.
import { randomBytes } from 'node:crypto';
import {
  type AuthorizationRequest,
  type OAuthProvider,
  ProviderError,
  type ProviderIdentity,
} from '../../../../server/src/features/auth/oauth/providers/provider.ts';
import { createOAuthProviders } from '../../../../server/src/features/auth/oauth/providers/providers.ts';
import type { Clock } from '../../../../server/src/platform/clock.ts';
import { load } from '../../../unit/config/load-test-config.ts';

export const CALLBACK = 'https://auth.example.com/api/v1/auth/oauth/it/callback';

/** A clock for the server and its fakes; `move` takes minutes. */
export function createMovableClock() {
  let offset = 0;
  const now = () => new Date(Date.now() + offset);
  return {
    now,
    move: (minutes: number) => {
      offset += minutes * 60_000;
    },
  } satisfies Clock & { move(minutes: number): void };
}

export interface BuildOptions {
  readonly clock?: Clock;
  readonly timeout?: number;
  readonly defaultRegion?: string;
}

/** The provider that the server would build from this entry of `oauth.providers`, read as the server reads it. */
export function build(entry: object, options: BuildOptions = {}): OAuthProvider {
  const { config } = load({ AUTHCENTER__OAUTH__PROVIDERS: JSON.stringify({ it: entry }) });
  const deps = { clock: { now: () => new Date() }, timeout: 5_000, defaultRegion: 'CN', ...options };
  const provider = createOAuthProviders(config.oauth.providers, deps).get('it');
  if (provider === undefined) throw new Error('the provider was not built');
  return provider;
}

const random = (): string => randomBytes(32).toString('hex');

export const createRequest = (change: Partial<AuthorizationRequest> = {}): AuthorizationRequest => ({
  redirectUri: CALLBACK,
  state: random(),
  codeVerifier: random(),
  nonce: random(),
  language: 'zh',
  ...change,
});

/** Where the browser comes back to, after choosing to be that person on the provider's page. */
export async function choose(address: URL, as: string): Promise<URL> {
  const page = new URL(address);
  page.searchParams.set('as', as);
  const response = await fetch(page, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null) throw new Error(`no way back: ${response.status} ${await response.text()}`);
  return new URL(location);
}

/** All of it. */
export async function signIn(
  provider: OAuthProvider,
  as: string,
  request: AuthorizationRequest = createRequest(),
): Promise<ProviderIdentity> {
  return provider.identify(await choose(await provider.authorizationUrl(request), as), request);
}

/** The failure; fails where there is none, and where a secret stands in it. */
export async function failureOf(work: Promise<unknown>, ...secrets: readonly string[]): Promise<ProviderError> {
  const error = await work.then(
    (value) => `${JSON.stringify(value)} and no error`,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderError))
    throw new Error(`expected a ProviderError, got ${String(error)}`, { cause: error });
  const told = [error.message, error.stack, JSON.stringify(error), String(error.cause ?? '')].join('\n');
  for (const secret of secrets.filter((value) => told.includes(value) || told.includes(encodeURIComponent(value))))
    throw new Error(`the error tells a secret: ${secret}`);
  return error;
}

interface Attempt {
  readonly callback: URL;
  readonly request: AuthorizationRequest;
  readonly code: string;
}

/** What `identify` gets when that person comes back. */
export async function comeBack(
  provider: OAuthProvider,
  as: string,
  change: Partial<AuthorizationRequest> = {},
): Promise<Attempt> {
  const request = createRequest(change);
  const callback = await choose(await provider.authorizationUrl(request), as);
  const code = callback.searchParams.get('code') ?? callback.searchParams.get('authCode') ?? '';
  return { callback, request, code };
}

/** Text in which nothing may be left that acts on a terminal, a page or a reader's eye. */
export const HOSTILE_NAME = `\u001b[31m李\u0000雷\r\n\u202eevil\u2066${'x'.repeat(5000)}`;
export const CLEAN_NAME = `[31m李 雷 evil${'x'.repeat(88)}`;
