// Signing in and linking by a redirect: the packed SDK in a real browser, the real server, and a provider in between.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RedirectOptions } from '../../client-sdk/src/index.ts';
import { startFakeOidc } from '../../scripts/fakes/oauth/oidc.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { type App, codeIn, openApp, type SdkPages, startSdkPages } from '../support/sdk-page.ts';
import { createTestClock, startTestServer, type TestServer } from '../support/server.ts';

/** In the page. */
declare const app: App;

const clock = createTestClock();
let packed: PackedSdk;
let pages: SdkPages;
let browser: TestBrowser;
let provider: Awaited<ReturnType<typeof startFakeOidc>>;
let server: TestServer;
let options: RedirectOptions;
beforeAll(async () => {
  packed = await installPackedSdk();
  [pages, browser, provider] = await Promise.all([
    startSdkPages(packed),
    startBrowser(),
    startFakeOidc({ now: clock.now }),
  ]);
  server = await startTestServer({
    clock,
    config: {
      server: { host: 'localhost', cors_origins: [pages.origin] },
      oauth: { providers: { company: provider.config } },
    },
  });
  pages.connect(server.url);
  options = { provider: 'company', clientId: await registerClient(), redirectUri: `${pages.origin}/callback` };
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await provider?.close();
  await pages?.close();
  packed?.remove();
});

async function registerClient(): Promise<string> {
  const { access: token } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
  const redirect_uris = [`${pages.origin}/callback`, `${pages.origin}/settings`];
  const { body } = await server.rest('POST', '/clients', { token, body: { name: '报销', kind: 'spa', redirect_uris } });
  return body.client_id;
}

let page: Page;
beforeEach(async () => {
  page = await newTab();
  await page.context().clearCookies();
  await openApp(page, `${pages.origin}/?lang=zh`);
});

const newTab = (): Promise<Page> => browser.newPage();
const leave = (on = page, to = options) =>
  Promise.all([
    on.waitForURL(`${provider.url}/**`),
    on.evaluate((given) => app.center.auth.signInWithRedirect(given), to),
  ]);

/** Chooses at the provider who to be, and waits until the application knows who is signed in. */
async function choose(label: string, on = page): Promise<void> {
  await on.getByText(label).click();
  await on.waitForURL(`${pages.origin}/**`);
  await on.waitForFunction('globalThis.app');
}
const finish = (on = page) => on.evaluate(() => app.center.auth.handleRedirectCallback());
const finishCode = (on = page) => codeIn(on, () => app.center.auth.handleRedirectCallback());
const readUser = (on = page) => on.evaluate(() => app.center.auth.user?.id ?? null);

describe('signing in', () => {
  test('to the provider, back, signed in; and nothing is left of it', async () => {
    await leave();
    expect(page.url()).toContain(provider.url);
    await choose('李雷');
    expect(new URL(page.url()).searchParams.get('iss')).toBe(server.url);
    const result = await finish();
    expect(result).toMatchObject({ status: 'ok', user: { profile: { name: '李雷' } } });
    expect(page.url()).toBe(`${pages.origin}/callback`);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    const id = await readUser();
    // Loaded again: signed in by the cookie, and nobody comes back any more.
    await openApp(page, page.url());
    expect([await readUser(), await finish()]).toEqual([id, null]);

    await page.evaluate(() => app.center.auth.logout());
    await leave();
    await choose('李雷');
    expect(await finish()).toMatchObject({ status: 'ok', user: { id } });
  });

  test('the person says no', async () => {
    await leave();
    await choose('Deny');
    expect(await finishCode()).toBe('ACCESS_DENIED');
    expect(page.url()).toBe(`${pages.origin}/callback`);
    expect(await finish()).toBeNull();
    expect(await readUser()).toBeNull();
  });

  test.each([
    ['is away', { status: 503 }, 'DEPENDENCY_UNAVAILABLE'],
    ['refuses', { status: 400, body: { error: 'invalid_grant' } }, 'INVALID_GRANT'],
  ])('the provider %s', async (_name, misbehaviour, code) => {
    await leave();
    provider.misbehave('/token', misbehaviour);
    try {
      await choose('李雷');
      expect(await finishCode()).toBe(code);
    } finally {
      provider.misbehave('/token', null);
    }
    await leave();
    await choose('李雷');
    expect(await finish()).toMatchObject({ status: 'ok' });
  });

  test('a code that waited too long', async () => {
    await leave();
    await choose('李雷');
    clock.advance(2 * 60_000);
    expect(await finishCode()).toBe('INVALID_GRANT');
    expect(await readUser()).toBeNull();
  });
});

describe('a way back that was not begun here', () => {
  /** The address with which somebody came back who has not finished yet. */
  async function takeAddress(): Promise<string> {
    const tab = await newTab();
    await openApp(tab, pages.origin);
    await leave(tab);
    await choose('韩梅梅', tab);
    const address = tab.url();
    await tab.close();
    return address;
  }

  test('opened in a tab that waits for nobody: nobody is signed in', async () => {
    await openApp(page, await takeAddress());
    expect(await finish()).toBeNull();
    expect(await readUser()).toBeNull();
  });

  test('opened in a tab that waits for its own: refused, and its own still works', async () => {
    const address = await takeAddress();
    await leave();
    const atProvider = page.url();
    await openApp(page, address);
    expect(await finishCode()).toBe('INVALID_GRANT');
    expect(await readUser()).toBeNull();
    await page.goto(atProvider);
    await choose('李雷');
    expect(await finish()).toMatchObject({ status: 'ok', user: { profile: { name: '李雷' } } });
  });
});

describe('linking', () => {
  test('a person who is signed in links the provider, and signs in by it from then on', async () => {
    const user = await server.createUser();
    await page.evaluate(({ email, password }) => app.center.auth.login({ email, password }), user);
    const settings = { ...options, redirectUri: `${pages.origin}/settings` };
    provider.people['lucy'] = { label: 'Lucy', profile: { sub: '248289761099', name: 'Lucy' } };
    await Promise.all([
      page.waitForURL(`${provider.url}/**`),
      page.evaluate((given) => app.center.auth.linkWithRedirect(given), settings),
    ]);
    await choose('Lucy');
    expect(page.url()).toBe(`${pages.origin}/settings?linked=company`);
    await openApp(page, page.url());
    expect([await readUser(), await finish()]).toEqual([user.id, null]);
    const { items } = await page.evaluate(() => app.center.api.auth.oauth.identities.query());
    expect(items).toMatchObject([{ provider: 'company', name: 'Lucy' }]);

    await page.evaluate(() => app.center.auth.logout());
    await leave();
    await choose('Lucy');
    expect(await finish()).toMatchObject({ status: 'ok', user: { id: user.id } });
  });

  test('with a session that is kept nowhere: only this call takes the browser’s cookies along', async () => {
    const user = await server.createUser();
    provider.people['lily'] = { label: 'Lily', profile: { sub: '248289761098', name: 'Lily' } };
    const settings = { ...options, redirectUri: `${pages.origin}/settings` };
    await Promise.all([
      page.waitForURL(`${provider.url}/**`),
      page.evaluate(
        async ([{ email, password }, given]) => {
          const { auth } = app.createAuthCenter({ url: app.center.url });
          await auth.login({ email, password });
          await auth.linkWithRedirect(given);
        },
        [user, settings] as const,
      ),
    ]);
    await choose('Lily');
    expect(page.url()).toBe(`${pages.origin}/settings?linked=company`);
    await leave();
    await choose('Lily');
    expect(await finish()).toMatchObject({ status: 'ok', user: { id: user.id } });
  });
});
