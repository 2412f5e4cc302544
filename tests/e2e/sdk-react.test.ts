// The React entries of the packed SDK in a real browser: rendered on a server, taken over in StrictMode, followed over tabs and people.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthCenter } from '../../client-sdk/src/index.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { loadRenderer, openReactApp, type ReactApp, startReactPages } from '../support/react-page.ts';
import type { SdkPages } from '../support/sdk-page.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

/** In the page. */
declare const app: ReactApp;
const MINUTE = 60_000;

let packed: PackedSdk;
let browser: TestBrowser;
beforeAll(async () => {
  [packed, browser] = await Promise.all([installPackedSdk(), startBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  packed?.remove();
});

describe.each([19, 18] as const)('React %i', (major) => {
  let pages: SdkPages;
  let server: TestServer;
  beforeAll(async () => {
    pages = await startReactPages(packed, major);
    server = await startTestServer({ config: { server: { host: 'localhost', cors_origins: [pages.origin] } } });
    await pages.connect(server.url);
  });
  afterAll(async () => {
    await server?.close();
    await pages?.close();
  });

  let user: TestUser;
  let page: Page;
  beforeEach(async () => {
    user = await server.createUser();
    page = await browser.newPage();
    await page.context().clearCookies();
    await openReactApp(page, pages.origin);
  });
  afterEach(async () => {
    const open = page
      .context()
      .pages()
      .filter((tab) => tab.url().startsWith(pages.origin));
    const complaints = await Promise.all(open.map((tab) => tab.evaluate(() => app.complaints)));
    for (const old of open) await old.close();
    expect(complaints.flat()).toEqual([]);
  });

  const read = (id: string, on = page) => on.locator(`#${id}`).textContent();
  const shows = (id: string, text: string, on = page) => expect.poll(() => read(id, on)).toBe(text);
  const click = (name: string, on = page) => on.getByRole('button', { name, exact: true }).click();
  const settles = (on = page) => expect.poll(() => on.evaluate(() => app.queryClient.isFetching())).toBe(0);
  const readPairs = (on = page) => on.evaluate(() => [...new Set(app.probe.pairs)]);

  /** By the button of the page. */
  async function signIn(person: TestUser, on = page): Promise<void> {
    await on.evaluate(
      ({ email, password }) => {
        app.probe.credentials = { email, password };
      },
      { email: person.email, password: person.password },
    );
    await click('Sign in', on);
    await shows('name', person.username, on);
  }

  async function openTab(): Promise<Page> {
    const tab = await browser.newPage();
    await openReactApp(tab, pages.origin);
    return tab;
  }

  /** Requests that a tab sends to procedures of that name from now on. */
  function countRequests(on: Page, procedure: string): () => number {
    let count = 0;
    on.on('request', (request) => {
      if (request.method() === 'POST' && request.url().includes(procedure)) count++;
    });
    return () => count;
  }

  test('on a server, where there is no window, nothing is known of anybody', async () => {
    const render = await loadRenderer(packed, major);
    expect(Reflect.has(globalThis, 'window')).toBe(false);
    for (const isKnown of [false, true]) {
      const html = await render(server.url, isKnown);
      expect(html).toContain('<output id="status">loading</output>');
      expect(html).toContain('<output id="may-publish">false</output>');
      expect(html).not.toMatch(/not for you|for you/);
    }
  });

  test('loading at first, as the server rendered it; then signed in, kept over a reload, and signed out', async () => {
    expect(await page.evaluate(() => app.probe.statuses)).toEqual(['loading', 'signed-out']);
    await signIn(user);
    await shows('login', 'success');
    await shows('status', 'signed-in');
    await openReactApp(page, pages.origin);
    expect(await read('name')).toBe(user.username);
    expect(await page.evaluate(() => app.probe.statuses)).toEqual(['loading', 'signed-in']);
    await shows('me', user.username);
    await click('Sign out');
    await shows('status', 'signed-out');
    expect(await read('name')).toBe('');
  });

  test('two tabs: one refresh for both, and signed out in one is signed out in the other', async () => {
    await signIn(user);
    const other = await openTab();
    await shows('name', user.username, other);
    await shows('sessions', (await read('sessions')) ?? '', other);
    const counts = [page, other].map((tab) => countRequests(tab, 'auth.refresh'));
    const calls = [page, other].map((tab) => countRequests(tab, 'auth.sessions.list'));
    server.clock.advance(16 * MINUTE);
    await Promise.all([click('More'), click('More', other)]);
    for (const count of calls) await expect.poll(count).toBeGreaterThan(0);
    for (const tab of [page, other]) await settles(tab);
    expect(counts.reduce((sum, count) => sum + count(), 0)).toBe(1);
    expect(await read('sessions', other)).toBe(await read('sessions'));

    await click('Sign out');
    await shows('status', 'signed-out', other);
    await shows('me', 'UNAUTHENTICATED', other);
    await signIn(user, other);
    await shows('name', user.username);
    await shows('me', user.username);
  });

  test('a tab that slept while another one went on wakes signed in', async () => {
    // One clock for both tabs, which the test moves along with the server's.
    await page.context().addInitScript(() => {
      const { now } = Date;
      Date.now = () => now() + Number(Reflect.get(globalThis, 'later') ?? 0);
    });
    const setLater = (on: Page, ms: number) => on.evaluate((later) => Reflect.set(globalThis, 'later', later), ms);
    await openReactApp(page, pages.origin);
    await signIn(user);
    await shows('me', user.username);
    const other = await openTab();
    const count = countRequests(page, 'auth.refresh');

    // No script of the page runs any more. (Chromium freezes only what is hidden, and without a window nothing is.)
    await setLater(page, 64 * MINUTE);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Debugger.enable');
    await cdp.send('Debugger.pause');
    for (const later of [16, 32, 48]) {
      server.clock.advance(16 * MINUTE);
      await setLater(other, later * MINUTE);
      const refreshed = other.waitForResponse(/auth\.refresh/);
      await click('More', other);
      await refreshed;
    }
    server.clock.advance(16 * MINUTE);
    await cdp.send('Debugger.disable');
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');

    await expect.poll(count).toBe(1);
    await click('More');
    await settles();
    const facts = ['status', 'name', 'me'].map((id) => read(id));
    expect(await Promise.all(facts)).toEqual(['signed-in', user.username, user.username]);
    expect(await page.evaluate(() => app.probe.statuses)).toEqual(['loading', 'signed-out', 'signed-in']);
    expect(count()).toBe(1);
  });

  test('<Can> opens with a right that is granted, and closes when it is taken away', async () => {
    await signIn(user);
    const admin = await server.createUser([{ name: 'Admin' }]);
    const { api, auth } = createAuthCenter({ url: server.url });
    await auth.login({ email: admin.email, password: admin.password });
    await page.locator('#closed').waitFor();
    expect(await read('may-publish')).toBe('false');

    const grant = { id: user.id, role_id: server.roleId('Editor') };
    await api.users.assignRole.mutate(grant);
    await click('More');
    await page.locator('#open').waitFor();
    expect([await read('may-publish'), await page.locator('#closed').count()]).toEqual(['true', 0]);

    await api.users.removeRole.mutate(grant);
    await click('More');
    await page.locator('#closed').waitFor();
    expect([await read('may-publish'), await page.locator('#open').count()]).toEqual(['false', 0]);
  });

  test('what one person asked for the next never sees: after a sign-out, and when another tab changes the person', async () => {
    const next = await server.createUser();
    await shows('me', 'UNAUTHENTICATED');
    await signIn(user);
    await shows('me', user.username);
    const session = await read('sessions');
    expect(session).not.toBe('');
    await click('Sign out');
    await shows('me', 'UNAUTHENTICATED');
    expect(await read('sessions')).toBe('');

    await signIn(next);
    await shows('me', next.username);
    expect(await read('sessions')).not.toBe(session);
    const other = await openTab();
    await click('Sign out', other);
    await shows('status', 'signed-out', other);
    await signIn(user, other);
    await shows('name', user.username);
    await shows('me', user.username);

    const told = await readPairs();
    const people = [user, next].flatMap(({ username }) => [`${username}:nothing`, `${username}:${username}`]);
    expect(new Set(told)).toEqual(new Set(['nobody:nothing', ...people]));
    const cached = await page.evaluate(() => JSON.stringify(app.queryClient.getQueryCache().getAll()));
    expect(cached).not.toContain(next.username);
  });
});
