// A browser on its way over a third party, and the application that it comes back to.
import { createHash } from 'node:crypto';
import { openBrowser } from '../../../support/browser-session.ts';
import type { Ask } from '../ask.ts';
import type { Stage } from '../stage.ts';

export const REDIRECT = 'https://shop.example.com/callback';
export const VERIFIER = 'v'.repeat(43);
/** Its SHA-256. */
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

type Browser = ReturnType<typeof openBrowser>;

/** To the third party, where the one person agrees, and on to the application, as a browser is sent. */
async function follow(browser: Browser, first: string): Promise<URL> {
  if (first.startsWith(REDIRECT)) return new URL(first);
  const provider = new URL(first);
  provider.searchParams.set('as', 'hanmeimei');
  const back = await browser.go(provider.href);
  return new URL((await browser.go(back.location)).location);
}

export const told = (url: URL): string[] =>
  [...url.searchParams].map(([name, value]) => (name === 'code' ? name : value));

export async function signInByWechat({ url }: Stage, clientId: string): Promise<URL> {
  const browser = openBrowser({ url });
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: REDIRECT,
    state: 'of the app',
    code_challenge: CHALLENGE,
  });
  const { location } = await browser.go(`/api/v1/auth/oauth/wechat/authorize?${query}`);
  return follow(browser, location);
}

export async function linkWechat({ url }: Stage, clientId: string, token: string): Promise<URL> {
  const browser = openBrowser({ url });
  const { text } = await browser.go('/api/v1/auth/oauth/wechat/link', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: { client_id: clientId, redirect_uri: REDIRECT },
  });
  return follow(browser, JSON.parse(text).url);
}

export const makeClient = (ask: Ask, token: string, fields: object = {}) =>
  ask('system.clients.create', { name: 'Shop 3', kind: 'spa', redirect_uris: [REDIRECT], ...fields }, { token });

export const readCode = (url: URL): string => url.searchParams.get('code') ?? '';
