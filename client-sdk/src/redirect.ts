// Signing in by a redirect: authorization code with PKCE (RFC 6749 §4.1, RFC 7636), bound to the tab that began it.
import type { Environment, Page } from './environment.ts';
import { AuthCenterError } from './error.ts';

/**
 * Where a sign-in by redirect goes, and where it comes back.
 *
 * @example
 * import type { RedirectOptions } from '@authcenter/client';
 *
 * const options: RedirectOptions = {
 *   provider: 'wechat',
 *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
 *   redirectUri: 'https://app.example.com/callback',
 * };
 */
export interface RedirectOptions {
  /** The provider's id, as `api.auth.oauth.providers` lists them. */
  readonly provider: string;
  /** The id of this application at AuthCenter. */
  readonly clientId: string;
  /** A page of this application, exactly as it is registered there. */
  readonly redirectUri: string;
}

/** What waits in the tab for the way back. */
interface Waiting {
  readonly state: string;
  readonly verifier: string;
  readonly clientId: string;
  readonly redirectUri: string;
}

/** What a code is exchanged with. */
export interface CodeGrant {
  readonly grant_type: 'authorization_code';
  readonly code: string;
  readonly code_verifier: string;
  readonly client_id: string;
  readonly redirect_uri: string;
}

/** Of each server its own: a page may have clients of several. */
const keyOf = (url: string): string => `authcenter:${url}:redirect`;

type RedirectEnvironment = Pick<Environment, 'page' | 'randomBytes' | 'sha256'>;

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

export function requirePage({ page }: RedirectEnvironment): Page {
  if (!page) throw new TypeError('A sign-in by redirect needs a web page');
  return page;
}

/** Leaves for the provider. */
export async function leaveForProvider(env: RedirectEnvironment, url: string, options: RedirectOptions): Promise<void> {
  const page = requirePage(env);
  const { provider, clientId, redirectUri } = options;
  const [state, verifier] = [toBase64Url(env.randomBytes(24)), toBase64Url(env.randomBytes(32))];
  const code_challenge = toBase64Url(await env.sha256(verifier));
  page.storage.setItem(keyOf(url), JSON.stringify({ state, verifier, clientId, redirectUri } satisfies Waiting));
  const query = new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri, state, code_challenge });
  page.assign(`${url}/api/v1/auth/oauth/${encodeURIComponent(provider)}/authorize?${query}`);
}

/** RFC 6749 §4.1.2.1; all others, `server_error` above all, mean: begin again. */
const FAILURES = new Map<string, 'ACCESS_DENIED' | 'DEPENDENCY_UNAVAILABLE'>([
  ['access_denied', 'ACCESS_DENIED'],
  ['temporarily_unavailable', 'DEPENDENCY_UNAVAILABLE'],
]);

/**
 * Reads what the page was called with, and takes it out of the address.
 *
 * @returns null when nobody comes back
 */
export function readReturn(env: RedirectEnvironment, url: string): CodeGrant | null {
  const page = requirePage(env);
  const here = new URL(page.href);
  const { searchParams: query } = here;
  const waiting = readWaiting(page, keyOf(url));
  if (!waiting || !query.has('state') || !(query.has('code') || query.has('error'))) return null;
  const told = Object.fromEntries(query);
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) query.delete(name);
  page.replace(here.href);
  // Whoever sends somebody here with a code of their own knows neither (RFC 9700 §4.7, RFC 9207).
  if (told['state'] !== waiting.state || !isSameOrigin(told['iss'] ?? '', url))
    throw new AuthCenterError({ code: 'INVALID_GRANT', detail: 'This sign-in was not begun in this tab' });
  page.storage.removeItem(keyOf(url));
  if (told['error'] !== undefined)
    throw new AuthCenterError({
      code: FAILURES.get(told['error']) ?? 'INVALID_GRANT',
      detail: told['error_description'] ?? told['error'],
    });
  return {
    grant_type: 'authorization_code',
    code: told['code'] ?? '',
    code_verifier: waiting.verifier,
    client_id: waiting.clientId,
    redirect_uri: waiting.redirectUri,
  };
}

const isSameOrigin = (one: string, other: string): boolean =>
  URL.canParse(one) && new URL(one).origin === new URL(other).origin;

/** Null also where the browser gives the page no storage. */
function readWaiting(page: Page, key: string): Waiting | null {
  try {
    return JSON.parse(page.storage.getItem(key) ?? 'null') as Waiting | null;
  } catch {
    return null;
  }
}
