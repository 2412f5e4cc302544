// Signing in and linking by a redirect: what leaves, what comes back, and what is bound to the tab that began.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../client-sdk/src/environment.ts';
import type { Fetch } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { createPage, type TestPage } from './page.ts';
import { catchError, createTestClient, signIn, type TestClient } from './test-client.ts';

let server: FakeServer;
let page: TestPage;
let client: TestClient;
beforeEach(async () => {
  server = await startFakeServer();
  page = createPage('https://app.example.com/callback');
  client = createTestClient(server, {}, { page });
});
afterEach(() => server.close());

const options = { provider: 'wechat', clientId: 'app-1', redirectUri: 'https://app.example.com/callback' };

/** To the provider. @returns what AuthCenter was asked with */
async function leave(from = client): Promise<URLSearchParams> {
  await from.auth.signInWithRedirect(options);
  return page.left.at(-1)?.searchParams ?? expect.fail('nobody left');
}

/** Back from it, with what AuthCenter adds to the address. */
const comeBack = (query: Record<string, string>): void =>
  page.visit(`https://app.example.com/callback?${new URLSearchParams({ iss: server.url, ...query })}`);

const finish = (from = client) => from.auth.handleRedirectCallback();

describe('leaving', () => {
  test('goes to the provider’s door with a challenge, and keeps what it needs in the tab', async () => {
    const asked = await leave();
    const [left] = page.left;
    expect(`${left?.origin}${left?.pathname}`).toBe(`${server.url}/api/v1/auth/oauth/wechat/authorize`);
    expect(Object.fromEntries(asked)).toEqual({
      client_id: 'app-1',
      redirect_uri: 'https://app.example.com/callback',
      state: expect.stringMatching(/^[\w-]{32}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(page.kept.size).toBe(1);
    const [kept = ''] = page.kept.values();
    const { verifier } = JSON.parse(kept);
    // RFC 7636 §4.1: 43 to 128 characters; §4.2: the challenge is its hash, and never the verifier itself.
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(asked.get('code_challenge'));
    expect(left?.href).not.toContain(verifier);
  });

  test('twice: never the same state or challenge', async () => {
    const [first, second] = [await leave(), await leave()];
    expect(first.get('state')).not.toBe(second.get('state'));
    expect(first.get('code_challenge')).not.toBe(second.get('code_challenge'));
  });

  test('a provider’s id is only that, whatever it holds', async () => {
    await client.auth.signInWithRedirect({ ...options, provider: '../../../evil?x=' });
    expect(page.left[0]?.pathname).toBe('/api/v1/auth/oauth/..%2F..%2F..%2Fevil%3Fx%3D/authorize');
  });

  test.each(['signInWithRedirect', 'linkWithRedirect', 'handleRedirectCallback'] as const)(
    '%s: outside of a page a TypeError says so',
    async (name) => {
      const { auth } = createTestClient(server, {}, { page: undefined });
      expect(await catchError(auth[name](options))).toBeInstanceOf(TypeError);
    },
  );
});

describe('coming back', () => {
  test('with a code: signed in, told, and nothing is left of it in the address or the tab', async () => {
    const told: unknown[] = [];
    client.auth.onChange((user) => told.push(user?.username));
    const state = (await leave()).get('state') ?? '';
    page.visit(`https://app.example.com/callback?lang=zh&code=li.lei&state=${state}&iss=${server.url}&tab=2#top`);
    expect(await finish()).toEqual({ status: 'ok', user: client.auth.user });
    expect(told).toEqual(['li.lei']);
    expect(page.href).toBe('https://app.example.com/callback?lang=zh&tab=2#top');
    expect(page.kept.size).toBe(0);
  });

  test('the code is exchanged with the verifier, the client and the page it was asked for', async () => {
    const state = (await leave()).get('state') ?? '';
    const { verifier } = JSON.parse([...page.kept.values()][0] ?? '');
    const sent: unknown[] = [];
    const fetch: Fetch = (url, init) => {
      sent.push(JSON.parse(init.body ?? '{}').json);
      return readEnvironment().fetch(url, init);
    };
    comeBack({ code: 'li.lei', state });
    await finish(createTestClient(server, {}, { page, fetch }));
    expect(sent).toEqual([
      {
        grant_type: 'authorization_code',
        code: 'li.lei',
        code_verifier: verifier,
        client_id: 'app-1',
        redirect_uri: 'https://app.example.com/callback',
        refresh_transport: 'body',
      },
    ]);
  });

  test('for a second factor: answers what is missing', async () => {
    const state = (await leave()).get('state') ?? '';
    comeBack({ code: 'mfa', state });
    const result = await finish();
    expect(result).toMatchObject({ status: 'mfa_required', methods: ['totp'] });
    expect(client.auth.user).toBeNull();
  });
});

describe('nobody comes back', () => {
  test.each([
    ['a plain address', 'https://app.example.com/callback'],
    ['a code of something else', 'https://app.example.com/callback?code=x'],
    ['a state of something else', 'https://app.example.com/callback?state=x&tab=2'],
    ['a link that was made', 'https://app.example.com/callback?linked=github'],
  ])('%s: null, and the address stays', async (_name, href) => {
    await leave();
    page.visit(href);
    expect(await finish()).toBeNull();
    expect(page.href).toBe(href);
    expect(page.kept.size).toBe(1);
    expect(server.countHttp()).toBe(0);
  });

  test('to a tab that has begun nothing: null, and the code goes nowhere', async () => {
    comeBack({ code: 'han.mei', state: 'of-an-attacker' });
    expect(await finish()).toBeNull();
    expect(server.countHttp()).toBe(0);
  });

  test('a page that is loaded again when it is done, or that asks twice at once', async () => {
    const state = (await leave()).get('state') ?? '';
    comeBack({ code: 'li.lei', state });
    const [first, second] = await Promise.all([finish(), finish()]);
    expect([first?.status, second]).toEqual(['ok', null]);
    expect(await finish(createTestClient(server, {}, { page }))).toBeNull();
    // Loaded again with the code in its address, as from the history.
    comeBack({ code: 'li.lei', state });
    expect(await finish()).toBeNull();
    expect(server.countCalls('auth.token')).toBe(1);
  });

  test.each(['not json', '7', 'true', '{}', '[]', '""'])('a tab that keeps %s: nobody is signed in', async (text) => {
    await leave();
    for (const key of page.kept.keys()) page.kept.set(key, text);
    comeBack({ code: 'han.mei', state: 'undefined' });
    const result = await finish().catch((error: unknown) => error);
    if (result !== null) expect(result).toMatchObject({ code: 'INVALID_GRANT' });
    expect(server.countHttp()).toBe(0);
  });
});

describe('what was not begun in this tab', () => {
  test.each([
    ['another state', { state: 'of-an-attacker' }],
    ['an empty state', { state: '' }],
    ['another server’s answer', { iss: 'https://evil.example' }],
    ['the same host by another scheme', { iss: 'ftp://127.0.0.1' }],
    ['an issuer that is no address', { iss: 'evil' }],
    ['an error of somebody else', { state: 'of-an-attacker', error: 'access_denied' }],
  ])('%s: refused, and the code goes nowhere', async (_name, query) => {
    const state = (await leave()).get('state') ?? '';
    comeBack({ code: 'han.mei', state, ...query });
    expect(await catchError(finish())).toMatchObject({ name: 'AuthCenterError', code: 'INVALID_GRANT' });
    expect(page.href).toBe('https://app.example.com/callback');
    expect(server.countHttp()).toBe(0);
    expect(client.auth.user).toBeNull();
    // And whoever really comes back later still gets in.
    comeBack({ code: 'li.lei', state });
    expect(await finish()).toMatchObject({ status: 'ok' });
  });
});

test('an answer without an issuer is none of this server, which always names itself (RFC 9207 §2.4)', async () => {
  const state = (await leave()).get('state') ?? '';
  page.visit(`https://app.example.com/callback?code=han.mei&state=${state}`);
  expect(await catchError(finish())).toMatchObject({ code: 'INVALID_GRANT' });
  expect(server.countHttp()).toBe(0);
});

test('a page with clients of two servers: the one that nobody comes back to leaves the address to the other', async () => {
  const neighbour = createTestClient({ url: 'http://127.0.0.1:1' }, {}, { page });
  const state = (await leave()).get('state') ?? '';
  comeBack({ code: 'li.lei', state });
  expect(await finish(neighbour)).toBeNull();
  expect(await finish()).toMatchObject({ status: 'ok' });
});

describe('what went wrong at the provider', () => {
  test.each([
    ['access_denied', 'ACCESS_DENIED'],
    ['temporarily_unavailable', 'DEPENDENCY_UNAVAILABLE'],
    ['server_error', 'INVALID_GRANT'],
    ['constructor', 'INVALID_GRANT'],
  ])('%s is told as %s, in the words of the server, and one begins again', async (error, code) => {
    const state = (await leave()).get('state') ?? '';
    comeBack({ error, error_description: 'The person did not agree', state });
    expect(await catchError(finish())).toMatchObject({
      name: 'AuthCenterError',
      code,
      message: 'The person did not agree',
    });
    expect(page.href).toBe('https://app.example.com/callback');
    expect(page.kept.size).toBe(0);
    expect(await finish()).toBeNull();
  });

  test('a code that is refused is told, and leaves who is signed in', async () => {
    await signIn(client, 'han.mei');
    const state = (await leave()).get('state') ?? '';
    server.control.refuse = (path) => (path === 'auth.token' ? { code: 'INVALID_GRANT' } : undefined);
    comeBack({ code: 'li.lei', state });
    expect(await catchError(finish())).toMatchObject({ code: 'INVALID_GRANT', status: 400 });
    expect(client.auth.user?.username).toBe('han.mei');
  });
});

describe('linking', () => {
  test('asks with the browser’s cookies, whatever the session is kept in, and leaves for the provider', async () => {
    const sent: [string, unknown][] = [];
    const fetch: Fetch = (url, init) => {
      sent.push([new URL(url).pathname, init.credentials]);
      return readEnvironment().fetch(url, init);
    };
    client = createTestClient(server, {}, { page, fetch });
    await signIn(client);
    await client.auth.linkWithRedirect({ ...options, provider: 'github' });
    expect(page.left.map(String)).toEqual(['https://github.example/authorize']);
    expect(sent).toEqual([
      ['/trpc/auth.login', undefined],
      ['/trpc/auth.oauth.link', 'include'],
    ]);
  });

  test('with a proof that is too old the person is asked for one; without, nobody leaves', async () => {
    client = createTestClient(server, { onStepUp: async () => ({ password: 'right' }) }, { page });
    await signIn(client);
    server.demandProof();
    await client.auth.linkWithRedirect(options);
    expect(page.left).toHaveLength(1);
    server.demandProof();
    const unasked = createTestClient(server, {}, { page });
    await signIn(unasked);
    server.demandProof();
    expect(await catchError(unasked.auth.linkWithRedirect(options))).toMatchObject({ code: 'STEP_UP_REQUIRED' });
    expect(page.left).toHaveLength(1);
  });
});
