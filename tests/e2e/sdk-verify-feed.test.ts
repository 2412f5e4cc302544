// The verifier and the revocation feed: its start, its silence, instances that come and go, and a server that is away.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Fetch } from '../../client-sdk/src/index.ts';
import { createVerifier, type VerifierOptions } from '../../client-sdk/src/verify.ts';
import { createClient } from '../support/clients.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { manageKeys } from '../support/signing-key.ts';
import { soon } from '../support/soon.ts';
import { openSteeredProxy, type SteeredProxy } from '../support/steered-proxy.ts';
import { anonymous, catchCode, openVerifierLab, type VerifierLab } from '../support/verifiers.ts';

let server: TestServer;
let other: TestServer;
let lab: VerifierLab;
let proxies: SteeredProxy[] = [];
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  lab = await openVerifierLab(server);
});
afterAll(async () => {
  lab.close();
  for (const proxy of proxies) await proxy.close();
  proxies = [];
  await other.close();
  await server.close();
});

async function openProxy(url = server.url): Promise<SteeredProxy> {
  const proxy = await openSteeredProxy(url);
  proxies.push(proxy);
  return proxy;
}
const signIn = async () => (await server.signIn(await server.createUser())).access;
const logout = (token: string) => server.rest('POST', '/auth/logout', { token });

/** A verifier behind a proxy, whose monotonic clock the test moves. */
async function openBehind(proxy: SteeredProxy, options: Partial<VerifierOptions> = {}) {
  let ahead = 0;
  const errors: string[] = [];
  const monotonic = () => performance.now() + ahead;
  const onFeedError: VerifierOptions['onFeedError'] = ({ code }) => errors.push(code);
  const verifier = lab.open({ url: proxy.url, onFeedError, ...options }, { monotonic });
  const code = (token: string) => catchCode(verifier.verifyToken(token));
  return {
    verifier,
    code,
    errors,
    advance(ms: number) {
      ahead += ms;
    },
  };
}

describe('the start', () => {
  test('the first token waits for the feed: what had ended before is refused, and nobody was asked', async () => {
    const [ended, living] = [await signIn(), await signIn()];
    await logout(ended);
    const verifier = lab.open();
    lab.sent.length = 0;
    const codes = await Promise.all([ended, living].map((token) => catchCode(verifier.verifyToken(token))));
    expect(codes).toEqual(['SESSION_REVOKED', 'no error']);
    expect(lab.sent.sort()).toEqual(['/.well-known/jwks.json', '/trpc/auth.token']);
  });

  test('with wrong credentials, or without the scope, is told; tokens are asked for meanwhile', async () => {
    const errors: string[] = [];
    const wrong = lab.open({ clientSecret: 'wrong', onFeedError: ({ code }) => errors.push(code) });
    expect(await catchCode(wrong.ready())).toBe('INVALID_CLIENT');
    expect(errors).toContain('INVALID_CLIENT');
    const token = await signIn();
    expect(await catchCode(wrong.verifyToken(token))).toBe('no error');
    const poor = await createClient(server, lab.admin, { scopes: ['users:read'] });
    const without = lab.open({ clientId: poor.id, clientSecret: poor.secret, onSilence: 'refuse' });
    expect(await catchCode(without.ready())).toBe('PERMISSION_DENIED');
    expect(await catchCode(without.verifyToken(token))).toBe('DEPENDENCY_UNAVAILABLE');
    expect(await catchCode(without.checkPermission('0'.repeat(24), 'tag', 'CREATE'))).toBe('PERMISSION_DENIED');
  });

  test('without a server: a clear error; as soon as there is one, an answer', async () => {
    const proxy = await openProxy();
    proxy.cut();
    const { code, errors } = await openBehind(proxy);
    const token = await signIn();
    expect(await code(token)).toBe('NETWORK_ERROR');
    proxy.leadTo(server.url);
    await vi.waitFor(async () => expect(await code(token)).toBe('no error'), soon);
    expect(errors[0]).toBe('NETWORK_ERROR');
  });
});

test('a fetch of one’s own serves for everything, the feed too; one that does not stream is told', async () => {
  const paths: string[] = [];
  const errors: string[] = [];
  const options = {
    url: server.url,
    issuer: server.deps.publicUrl(),
    clientId: lab.client.id,
    clientSecret: lab.client.secret,
    onSilence: 'refuse',
    onFeedError: ({ message }) => void errors.push(message),
  } satisfies VerifierOptions;
  const watched: Fetch = (url, init) => {
    paths.push(new URL(url).pathname);
    return fetch(url, init);
  };
  const verifier = createVerifier({ ...options, fetch: watched });
  const token = await signIn();
  expect(await catchCode(verifier.verifyToken(token))).toBe('no error');
  expect(paths.sort()).toEqual(['/.well-known/jwks.json', '/api/v1/auth/revocations', '/trpc/auth.token']);
  await logout(token);
  await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(token))).toBe('SESSION_REVOKED'), soon);
  verifier.close();
  expect(await catchCode(verifier.verifyToken(await signIn()))).toBe('DEPENDENCY_UNAVAILABLE');

  const still = createVerifier({
    ...options,
    async fetch(url, init) {
      const response = await fetch(url, init);
      const { ok, status, headers } = response;
      return { ok, status, headers, json: () => response.json() };
    },
  });
  expect(await catchCode(still.ready())).toBe('NETWORK_ERROR');
  await vi.waitFor(() => expect(errors).toContain('the fetch that was given does not stream'), soon);
  still.close();
});

describe('without credentials', () => {
  test('each token is asked for once in two seconds; garbage never', async () => {
    let now = 0;
    const verifier = lab.open(anonymous, { monotonic: () => now });
    await verifier.ready();
    const token = await signIn();
    // Verifiers of other tests, whose feed was broken, go on looking for it meanwhile.
    const countAsked = () => lab.sent.filter((path) => path === '/trpc/auth.verify').length;
    const before = countAsked();
    await Promise.all(Array.from({ length: 20 }, () => verifier.verifyToken(token)));
    expect((await verifier.verifyToken(token)).permissions).toContain('knowledge:READ');
    expect(countAsked() - before).toBe(1);
    await logout(token);
    now += 2_000;
    expect(await catchCode(verifier.verifyToken(token))).toBe('SESSION_REVOKED');
    expect(await catchCode(verifier.verifyToken(token))).toBe('SESSION_REVOKED');
    expect(await catchCode(verifier.verifyToken(`${token.slice(0, -8)}AAAAAAAA`))).toBe('TOKEN_INVALID');
    expect(countAsked() - before).toBe(2);
    expect(await catchCode(verifier.checkPermission('0'.repeat(24), 'tag', 'CREATE'))).toBe('UNAUTHENTICATED');
    expect(await catchCode(verifier.verifyClient(await server.mintClientToken(['users:read'])))).toBe(
      'DEPENDENCY_UNAVAILABLE',
    );
  });

  test('while the server is away, or says nothing, nobody passes', async () => {
    const proxy = await openProxy();
    let now = 0;
    const verifier = lab.open({ ...anonymous, url: proxy.url, answerWithin: 500 }, { monotonic: () => now });
    const token = await signIn();
    expect(await catchCode(verifier.verifyToken(token))).toBe('no error');
    now += 2_000;
    proxy.swallow(true);
    expect(await catchCode(verifier.verifyToken(token))).toBe('NETWORK_ERROR');
    now += 2_000;
    proxy.cut();
    expect(await catchCode(verifier.verifyToken(token))).toBe('NETWORK_ERROR');
  });
});

describe('silence', () => {
  test.each([
    ['ask', 'SESSION_REVOKED', 'no error'],
    ['refuse', 'DEPENDENCY_UNAVAILABLE', 'DEPENDENCY_UNAVAILABLE'],
  ] as const)('of a stream that says nothing: %s', async (onSilence, ended, living) => {
    // The feed alone goes through the proxy.
    const proxy = await openProxy();
    let ahead = 0;
    const { openStream } = (await import('../../client-sdk/src/verifier/environment.ts')).readVerifierEnvironment();
    const verifier = lab.open(
      { onSilence },
      {
        monotonic: () => performance.now() + ahead,
        openStream: (url, headers, signal) => openStream(url.replace(server.url, proxy.url), headers, signal),
      },
    );
    const [one, two] = [await signIn(), await signIn()];
    for (const token of [one, two]) expect(await catchCode(verifier.verifyToken(token))).toBe('no error');
    proxy.swallow(true);
    await logout(one);
    // What is not heard is not known, for a while.
    ahead += 29_000;
    expect(await catchCode(verifier.verifyToken(one))).toBe('no error');
    ahead += 2_000;
    expect(await catchCode(verifier.verifyToken(one))).toBe(ended);
    expect(await catchCode(verifier.verifyToken(two))).toBe(living);
    proxy.swallow(false);
    proxy.cut();
    proxy.leadTo(server.url);
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(two))).toBe('no error'), soon);
    expect(await catchCode(verifier.verifyToken(one))).toBe('SESSION_REVOKED');
  });

  test('of a stream that is delivered late: what it tells of is long past', async () => {
    const proxy = await openProxy();
    let ahead = 0;
    const errors: string[] = [];
    const { openStream } = (await import('../../client-sdk/src/verifier/environment.ts')).readVerifierEnvironment();
    const verifier = lab.open(
      { onSilence: 'refuse', onFeedError: ({ code }) => errors.push(code) },
      {
        monotonic: () => performance.now() + ahead,
        openStream: (url, headers, signal) => openStream(url.replace(server.url, proxy.url), headers, signal),
      },
    );
    const token = await signIn();
    expect(await catchCode(verifier.verifyToken(token))).toBe('no error');
    proxy.hold();
    await vi.waitFor(() => expect(proxy.held).toBeGreaterThan(0), soon);
    ahead += 60_000;
    expect(await catchCode(verifier.verifyToken(token))).toBe('DEPENDENCY_UNAVAILABLE');
    // Signs of life arrive, of a minute ago, and no other connection is to be had.
    proxy.leadTo('http://127.0.0.1:1');
    errors.length = 0;
    proxy.release();
    await vi.waitFor(() => expect(errors).toContain('NETWORK_ERROR'), soon);
    expect(await catchCode(verifier.verifyToken(token))).toBe('DEPENDENCY_UNAVAILABLE');
    proxy.leadTo(server.url);
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(token))).toBe('no error'), soon);
  });

  test('of an instance that hears nothing itself is none to rely on', async () => {
    const deaf = await startTestServer({ sharedWith: server });
    try {
      vi.spyOn(deaf.deps.live, 'isStalled').mockReturnValue(true);
      const proxy = await openProxy(deaf.url);
      const { verifier, errors } = await openBehind(proxy, { onSilence: 'refuse' });
      expect(await catchCode(verifier.ready())).toBe('DEPENDENCY_UNAVAILABLE');
      expect(errors[0]).toBe('DEPENDENCY_UNAVAILABLE');
      proxy.leadTo(server.url);
      await vi.waitFor(() => verifier.ready(), soon);
    } finally {
      await deaf.close();
    }
  });
});

describe('instances', () => {
  test('one that dies is replaced by another, and nothing between is missed', async () => {
    const dying = await startTestServer({ sharedWith: server });
    const proxy = await openProxy(dying.url);
    const { verifier, code } = await openBehind(proxy);
    const [before, between, after] = [await signIn(), await signIn(), await signIn()];
    for (const token of [before, between, after]) expect(await code(token)).toBe('no error');
    await logout(before);
    await vi.waitFor(async () => expect(await code(before)).toBe('SESSION_REVOKED'), soon);
    const closing = dying.close();
    proxy.cut();
    await logout(between);
    proxy.leadTo(other.url);
    await vi.waitFor(async () => expect(await code(between)).toBe('SESSION_REVOKED'), soon);
    await logout(after);
    await vi.waitFor(async () => expect(await code(after)).toBe('SESSION_REVOKED'), soon);
    expect(await code(before)).toBe('SESSION_REVOKED');
    await closing;
    verifier.close();
  });

  test('one that does not know the cursor tells everything: what was known is replaced', async () => {
    const proxy = await openProxy();
    const { code } = await openBehind(proxy);
    const [ended, living] = [await signIn(), await signIn()];
    expect(await code(living)).toBe('no error');
    proxy.cut();
    await logout(ended);
    const fresh = await startTestServer({ sharedWith: server });
    try {
      proxy.leadTo(fresh.url);
      await vi.waitFor(async () => expect(await code(ended)).toBe('SESSION_REVOKED'), soon);
      expect(await code(living)).toBe('no error');
    } finally {
      await fresh.close();
    }
  });

  test('however many ask, there is one connection to the feed', async () => {
    const proxy = await openProxy();
    const verifier = lab.open({ url: proxy.url });
    const tokens = await Promise.all(Array.from({ length: 10 }, signIn));
    await Promise.all(tokens.flatMap((token) => [verifier.verifyToken(token), verifier.verifyToken(token)]));
    // The others are the keep-alive ones of fetch, for keys and token.
    expect(proxy.count).toBeLessThanOrEqual(3);
    const feedOf = () => proxy.open;
    const open = feedOf();
    verifier.close();
    await vi.waitFor(() => expect(feedOf()).toBe(open - 1), soon);
  });
});

test('a key that was withdrawn takes its tokens along at once; the one in its place is known at once', async () => {
  const own = await startTestServer();
  try {
    const others = await openVerifierLab(own);
    const verifier = others.open();
    const user = await own.createUser();
    const { access } = await own.signIn(user);
    expect(await catchCode(verifier.verifyToken(access))).toBe('no error');
    const { kid } = own.deps.keys.signingKey('access');
    const keys = manageKeys(own);
    await keys.rotate({ uses: ['access'], immediately: true });
    await vi.waitFor(() => expect(own.deps.keys.signingKey('access').kid).not.toBe(kid), soon);
    const fresh = (await own.signIn(user)).access;
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(fresh))).toBe('no error'), soon);
    expect(await catchCode(verifier.verifyToken(access))).toBe('no error');
    await keys.revoke(kid);
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(access))).toBe('TOKEN_INVALID'), soon);
    expect(await catchCode(verifier.verifyToken(fresh))).toBe('no error');
    others.close();
  } finally {
    await own.close();
  }
});
