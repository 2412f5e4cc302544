// Passkeys as people use them: a real browser on a page of an application, with an authenticator in it.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  addAuthenticator,
  findChromium,
  startBrowser,
  type TestBrowser,
  type VirtualAuthenticator,
} from '../support/browser.ts';
import { type PageServer, startPageServer } from '../support/passkey-page.ts';
import { claimsOf } from '../support/second-factors.ts';
import { type Answer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let browser: TestBrowser;
let pages: PageServer;
let foreign: PageServer;
let server: TestServer;
beforeAll(async () => {
  browser = await startBrowser();
  [pages, foreign] = [await startPageServer(), await startPageServer()];
  server = await startTestServer({
    config: { server: { host: 'localhost', cors_origins: [pages.origin] }, auth: { passkeys: { rp_id: 'localhost' } } },
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await pages?.close();
  await foreign?.close();
});

let page: Page;
let authenticator: VirtualAuthenticator;
let user: TestUser;
beforeEach(async () => {
  page = await browser.newPage();
  authenticator = await addAuthenticator(page);
  user = await server.createUser();
  await page.goto(pages.urlFor(server.url));
});

/** Has the page's script do something; answers what it got from the server, or the name of what the browser threw. */
const act = (name: string, ...values: string[]): Promise<Answer> =>
  page.evaluate(`act(...${JSON.stringify([name, ...values])})`);

/** Signed in by password, with a passkey made known. */
async function startWithPasskey(): Promise<Answer> {
  await act('signIn', user.email, user.password);
  return act('register', '我的电脑');
}

test('made known, and then the only thing it takes to sign in', async () => {
  const registered = await startWithPasskey();
  expect(registered).toMatchObject({ http: 201, status: 'active', backup_codes: { length: 10 } });
  expect(await authenticator.count()).toBe(1);
  expect(await act('signOut')).toEqual({ http: 204 });
  expect(await act('me')).toMatchObject({ http: 401 });

  const signedIn = await act('signInByPasskey');
  expect(signedIn).toMatchObject({ http: 200, status: 'ok', user: { id: user.id, email: user.email } });
  expect(claimsOf(signedIn.access_token).amr).toEqual(['passkey', 'mfa']);
  expect((await act('list')).items).toMatchObject([{ label: '我的电脑', last_used_at: expect.any(String) }]);

  // The refresh token is where no script can read it, and outlives the page.
  expect(signedIn.refresh_token).toBeUndefined();
  await page.reload();
  expect(await act('me')).toMatchObject({ http: 401 });
  expect(await act('refresh')).toMatchObject({ http: 200, user: { id: user.id } });
  expect(await act('me')).toMatchObject({ http: 200, username: user.username });
});

test('as a second factor after the password', async () => {
  await startWithPasskey();
  await act('signOut');
  const { status, mfa_token, methods } = await act('signIn', user.email, user.password);
  expect([status, methods]).toEqual(['mfa_required', ['passkey', 'backup_code']]);
  const signedIn = await act('finishByPasskey', mfa_token);
  expect(claimsOf(signedIn.access_token).amr).toEqual(['pwd', 'passkey', 'mfa']);
});

test('a key on a ring, which asks for no PIN: a second factor, and no way in of its own', async () => {
  await authenticator.remove();
  authenticator = await addAuthenticator(page, 'security key');
  expect(await startWithPasskey()).toMatchObject({ http: 201, status: 'active' });
  await act('signOut');
  const { mfa_token } = await act('signIn', user.email, user.password);
  expect(await act('finishByPasskey', mfa_token)).toMatchObject({ http: 200, status: 'ok' });
  await act('signOut');
  expect(await act('signInByPasskey')).toEqual({ thrown: 'NotAllowedError' });
});

test('to prove oneself again', async () => {
  await startWithPasskey();
  await act('signOut');
  const { access_token } = await act('signInByPasskey');
  server.clock.advance(11 * 60_000);
  expect(await act('register')).toMatchObject({ http: 403, code: 'STEP_UP_REQUIRED' });
  const proven = await act('stepUp');
  expect(proven).toMatchObject({ http: 200, status: 'ok' });
  expect(claimsOf(proven.access_token).sid).toBe(claimsOf(access_token).sid);
  await authenticator.remove();
  await addAuthenticator(page, 'security key');
  expect(await act('register', 'a second one')).toMatchObject({ http: 201 });
});

describe('the browser refuses', () => {
  test('to sign in by a passkey alone without PIN or finger', async () => {
    await startWithPasskey();
    await authenticator.setUserVerified(false);
    expect(await act('signInByPasskey')).toEqual({ thrown: 'NotAllowedError' });
  });

  test('to make one where the authenticator holds one already', async () => {
    await startWithPasskey();
    await act('refresh');
    expect(await act('register')).toEqual({ thrown: 'InvalidStateError' });
    expect((await act('list')).items).toHaveLength(1);
  });

  test('to let a page that is not listed talk to the server at all', async () => {
    await page.goto(foreign.urlFor(server.url));
    expect(await act('signIn', user.email, user.password)).toEqual({ thrown: 'TypeError' });
    expect(await act('signInByPasskey')).toEqual({ thrown: 'TypeError' });
  });
});

test('where there is no browser, one line says how to get one', () => {
  expect(() => findChromium({ PATH: '/nowhere' })).toThrow(/^no Chromium was found: apt-get install chromium.*$/);
});
