// The page that the platform shows: read when it is needed, and done without where it keeps nothing.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEnvironment } from '../../../client-sdk/src/environment.ts';
import { createAuthCenter } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { createPage } from './page.ts';
import { catchError } from './test-client.ts';

const { location, history, sessionStorage } = Object.getOwnPropertyDescriptors(globalThis) as PropertyDescriptorMap;
const before = { location, history, sessionStorage };

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(async () => {
  for (const [name, descriptor] of Object.entries(before)) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
  }
  await server.close();
});

const options = { provider: 'wechat', clientId: 'app-1', redirectUri: 'https://app.example.com/callback' };

/** Makes this process look like a page. @param readStorage - what happens when the page looks at its storage */
function showPage(readStorage: () => object) {
  const here = {
    href: 'https://app.example.com/',
    assign(url: string) {
      here.href = url;
    },
  };
  const replaceState = (_data: unknown, _unused: string, url: string) => here.assign(url);
  Object.defineProperty(globalThis, 'location', { configurable: true, value: here });
  Object.defineProperty(globalThis, 'history', { configurable: true, value: { replaceState } });
  Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get: readStorage });
  return here;
}

test.each([
  ['the platform’s own fetch', {}],
  ['a fetch that was given', { fetch: readEnvironment().fetch }],
])('with %s: its address is read as it is, not as it was when the client was made', async (_name, given) => {
  const { storage } = createPage('');
  const here = showPage(() => storage);
  const { auth } = createAuthCenter({ url: server.url, ...given });
  await auth.signInWithRedirect(options);
  const state = new URL(here.href).searchParams.get('state') ?? expect.fail('nobody left');
  here.assign(`https://app.example.com/callback?code=li.lei&state=${state}&iss=${server.url}`);
  expect(await auth.handleRedirectCallback()).toMatchObject({ status: 'ok' });
  expect(here.href).toBe('https://app.example.com/callback');
});

test('where it has no storage a client works all the same; only leaving for a provider fails', async () => {
  showPage(() => {
    throw new Error('The operation is insecure');
  });
  const { auth } = createAuthCenter({ url: server.url, fetch: readEnvironment().fetch });
  expect(await auth.login({ username: 'li.lei', password: 'right' })).toMatchObject({ status: 'ok' });
  expect(await auth.handleRedirectCallback()).toBeNull();
  expect(await catchError(auth.signInWithRedirect(options))).toMatchObject({ message: 'The operation is insecure' });
});

test('from http it has no hashes: that is said, and nothing waits in the tab', async () => {
  const { storage, kept } = createPage('');
  const here = showPage(() => storage);
  Object.defineProperty(crypto, 'subtle', { configurable: true, value: undefined });
  try {
    const { auth } = createAuthCenter({ url: server.url });
    expect(await catchError(auth.signInWithRedirect(options))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('https'),
    });
  } finally {
    Reflect.deleteProperty(crypto, 'subtle');
  }
  expect([here.href, kept.size]).toEqual(['https://app.example.com/', 0]);
});

test('where there is none that is said', async () => {
  const { auth } = createAuthCenter({ url: server.url });
  expect(await catchError(auth.signInWithRedirect(options))).toBeInstanceOf(TypeError);
});
