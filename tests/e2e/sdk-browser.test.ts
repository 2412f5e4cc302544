// The packed SDK in a real browser: passkeys, several tabs over one cookie, a proof asked for in the page, QR codes that can be read.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthCenter, type LoginResult } from '../../client-sdk/src/index.ts';
import { addAuthenticator, startBrowser, type TestBrowser, type VirtualAuthenticator } from '../support/browser.ts';
import { readQrCode } from '../support/camera.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { type App, codeIn, openApp, type SdkPages, startSdkPages } from '../support/sdk-page.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

/** In the page. */
declare const app: App;
const MINUTE = 60_000;

let packed: PackedSdk;
let pages: SdkPages;
let browser: TestBrowser;
let server: TestServer;
beforeAll(async () => {
  packed = await installPackedSdk();
  [pages, browser] = await Promise.all([startSdkPages(packed), startBrowser()]);
  server = await startTestServer({
    config: { server: { host: 'localhost', cors_origins: [pages.origin] }, auth: { passkeys: { rp_id: 'localhost' } } },
  });
  pages.connect(server.url);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pages?.close();
  packed?.remove();
});

let user: TestUser;
let page: Page;
beforeEach(async () => {
  user = await server.createUser();
  for (const old of page?.context().pages() ?? []) await old.close();
  page = await browser.newPage();
  await page.context().clearCookies();
  await openApp(page, pages.origin);
});

const signIn = (on = page) => on.evaluate(({ email, password }) => app.center.auth.login({ email, password }), user);
const readUser = (on = page) => on.evaluate(() => app.center.auth.user?.id ?? null);
const readMe = (on = page) => on.evaluate(async () => (await app.center.api.auth.me.query()).id);

/** Requests that a tab sends to procedures of that name from now on. */
function countRequests(on: Page, procedure: string): () => number {
  let count = 0;
  on.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes(procedure)) count++;
  });
  return () => count;
}

describe('passkeys', () => {
  let authenticator: VirtualAuthenticator;
  beforeEach(async () => {
    authenticator = await addAuthenticator(page);
    await signIn();
  });
  const register = () => page.evaluate(() => app.registerPasskey(app.center, { label: '我的电脑' }));
  const signOut = () => page.evaluate(() => app.center.auth.logout());

  test('made known by one call, and then the only thing it takes to sign in', async () => {
    expect(await page.evaluate(() => app.supportsPasskeys())).toBe(true);
    expect(await register()).toMatchObject({ status: 'active', backup_codes: { length: 10 } });
    expect(await authenticator.count()).toBe(1);
    await signOut();
    const result = await page.evaluate(() => app.loginWithPasskey(app.center));
    expect(result).toMatchObject({ status: 'ok', user: { id: user.id } });
    expect(await page.evaluate(() => app.told)).toEqual([user.username, null, user.username]);
    const { items } = await page.evaluate(() => app.center.api.auth.passkeys.list.query());
    expect(items).toMatchObject([{ label: '我的电脑', last_used_at: expect.any(Date) }]);
  });

  test('as a second factor after the password', async () => {
    await register();
    await signOut();
    expect(await signIn()).toMatchObject({ status: 'mfa_required', methods: ['passkey', 'backup_code'] });
    expect(await readUser()).toBeNull();
    const result = await page.evaluate(async ({ email, password }) => {
      const begun = await app.center.auth.login({ email, password });
      if (begun.status !== 'mfa_required') return begun;
      return app.loginWithPasskey(app.center, { mfa_token: begun.mfa_token });
    }, user);
    expect(result).toMatchObject({ status: 'ok', user: { id: user.id } });
  });

  test('as the proof that a call demands', async () => {
    await register();
    server.clock.advance(11 * MINUTE);
    await page.evaluate(async () => app.center.auth.stepUp(await app.proveByPasskey(app.center)));
    expect(await page.evaluate(() => app.center.api.auth.mfa.enroll.mutate())).toMatchObject({ method: 'totp' });
  });

  test('a second one in the same device, and a person who does not go through with it', async () => {
    await register();
    expect(await codeIn(page, () => app.registerPasskey(app.center))).toBe('ALREADY_EXISTS');
    await signOut();
    await authenticator.setUserVerified(false);
    expect(await codeIn(page, () => app.loginWithPasskey(app.center))).toBe('ACCESS_DENIED');
    expect(await readUser()).toBeNull();
  });
});

describe('two tabs', () => {
  let other: Page;
  beforeEach(async () => {
    await signIn();
    other = await browser.newPage();
    await openApp(other, pages.origin);
  });

  test('the second is signed in by the cookie, which no script sees; both outlive a reload', async () => {
    expect(await readUser(other)).toBe(user.id);
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.reload();
    await openApp(page, pages.origin);
    expect(await readUser()).toBe(user.id);
  });

  test('twenty calls with an expired token: one refresh for both', async () => {
    const counts = [countRequests(page, 'auth.refresh'), countRequests(other, 'auth.refresh')];
    server.clock.advance(16 * MINUTE);
    const callTenTimes = (on: Page) =>
      on.evaluate(async () => {
        const calls = Array.from({ length: 10 }, () => app.center.api.auth.me.query());
        return (await Promise.all(calls)).map(({ id }) => id);
      });
    const answers = await Promise.all([callTenTimes(page), callTenTimes(other)]);
    expect(answers.flat()).toEqual(Array(20).fill(user.id));
    expect(counts.reduce((sum, count) => sum + count(), 0)).toBe(1);
  });

  test('signed out in one, signed out in the other; and signed in again', async () => {
    await page.evaluate(() => app.center.auth.logout());
    await expect.poll(() => readUser(other)).toBeNull();
    expect(await codeIn(other, () => app.center.api.auth.me.query())).toBe('UNAUTHENTICATED');
    expect(await other.evaluate(() => app.told.at(-1))).toBeNull();
    await signIn(other);
    await expect.poll(() => readUser()).toBe(user.id);
    expect(await readMe()).toBe(user.id);
  });

  test('a proof given in one holds in the other', async () => {
    server.clock.advance(11 * MINUTE);
    await page.evaluate((password) => app.center.auth.stepUp({ password }), user.password);
    const token = await page.evaluate(() => app.center.auth.getAccessToken());
    await expect.poll(() => other.evaluate(() => app.center.auth.getAccessToken())).toBe(token);
    expect(await other.evaluate(() => app.center.api.auth.mfa.enroll.mutate())).toMatchObject({ method: 'totp' });
  });
});

test('a call that demands a proof: the page asks once, says what was wrong, and the calls go on', async () => {
  await signIn();
  server.clock.advance(11 * MINUTE);
  const enrolled = page.evaluate(async () => {
    const calls = Array.from({ length: 3 }, () => app.center.api.auth.passkeys.registerOptions.mutate());
    return (await Promise.all(calls)).length;
  });
  const form = page.locator('form');
  await form.waitFor();
  expect(await form.locator('output').textContent()).toBe('Your password, please');
  await form.locator('input').fill('wrong horse');
  await form.locator('button').click();
  await page.getByText('INVALID_CREDENTIALS').waitFor();
  await form.locator('input').fill(user.password);
  await form.locator('button').click();
  expect(await enrolled).toBe(3);
  expect(await form.isVisible()).toBe(false);
});

describe('QR codes', () => {
  const scan = () => readQrCode(page, '#code');

  test('say what they were given, in whatever script', async () => {
    for (const text of [
      'otpauth://totp/AuthCenter:%E6%9D%8E%E9%9B%B7?secret=JBSWY3DPEHPK3PXP&issuer=AuthCenter',
      'https://auth.example.com/qr/u3Vb1nqkTqW0l5x8dJmZyA',
      '你好，世界',
    ]) {
      await page.evaluate((shown) => {
        const place = Reflect.get(globalThis, 'document').getElementById('code');
        place.innerHTML = app.renderQr(shown);
      }, text);
      expect(await scan()).toBe(text);
    }
  });

  test('a browser is signed in by the phone that reads its code', async () => {
    const phone = createAuthCenter({ url: server.url });
    await phone.auth.login({ email: user.email, password: user.password });
    const signedIn: Promise<LoginResult> = page.evaluate(() => {
      const place = Reflect.get(globalThis, 'document').getElementById('code');
      const onCode = ({ svg, number }: { svg: string; number: number }) => {
        place.innerHTML = svg;
        place.title = number;
      };
      return app.signInByQr(app.center, { onCode });
    });
    signedIn.catch(() => {});
    await page.locator('#code svg').waitFor();
    const qr_id = new URL((await scan()) ?? '').pathname.split('/').at(-1) ?? '';
    const number = Number(await page.locator('#code').getAttribute('title'));
    expect((await phone.api.auth.qr.scan.mutate({ qr_id })).numbers).toContain(number);
    await phone.api.auth.qr.confirm.mutate({ qr_id, number });
    expect(await signedIn).toMatchObject({ status: 'ok', user: { id: user.id } });
    await openApp(page, pages.origin);
    expect(await readUser()).toBe(user.id);
  });
});
