// One suite for the middlewares of every framework: the packed SDK in listening services, against a real AuthCenter.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { VerifierOptions } from '../../client-sdk/src/verify.ts';
import { createClient, getClientToken, type TestClient } from '../support/clients.ts';
import { FRAMEWORKS, type Framework, type GuardedApp, startGuardedApp } from '../support/guarded-apps.ts';
import { importPackedSdk, installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { soon } from '../support/soon.ts';
import { openSteeredProxy, type SteeredProxy } from '../support/steered-proxy.ts';
import { forge, sidOf } from '../support/verifiers.ts';

let server: TestServer;
let other: TestServer;
let packed: PackedSdk;
let sdk: Awaited<ReturnType<typeof importPackedSdk>>;
let admin: string;
let client: TestClient;
const apps: GuardedApp[] = [];
const proxies: SteeredProxy[] = [];
beforeAll(async () => {
  packed = await installPackedSdk();
  sdk = await importPackedSdk(packed);
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  client = await createClient(server, admin, { scopes: ['feed:read'] });
}, 180_000);
afterAll(async () => {
  for (const app of apps) await app.close();
  for (const proxy of proxies) await proxy.close();
  await other?.close();
  await server?.close();
  packed?.remove();
});

async function start(framework: Framework, options: Partial<VerifierOptions> = {}): Promise<GuardedApp> {
  const own = { clientId: client.id, clientSecret: client.secret };
  const defaults = { url: server.url, issuer: server.deps.publicUrl(), ...own };
  const app = await startGuardedApp(sdk, framework, { ...defaults, ...options } as VerifierOptions);
  apps.push(app);
  return app;
}
const startAll = (options: Partial<VerifierOptions>) =>
  Promise.all(FRAMEWORKS.map((framework) => start(framework, options)));
async function openProxy(url = server.url): Promise<SteeredProxy> {
  const proxy = await openSteeredProxy(url);
  proxies.push(proxy);
  return proxy;
}

async function signIn(...roles: string[]) {
  const user = await server.createUser((roles.length === 0 ? ['User'] : roles).map((name) => ({ name })));
  return { user, ...(await server.signIn(user)) };
}
const logout = (token: string) => server.rest('POST', '/auth/logout', { token });
const grant = (id: string, role: string) =>
  server.rest('POST', `/users/${id}/roles`, { token: admin, body: { role_id: server.roleId(role) } });

const problemOf = (status: number, code: string, more: object = {}) => ({
  type: `urn:authcenter:error:${code}`,
  title: expect.any(String),
  status,
  code,
  detail: expect.any(String),
  request_id: expect.stringMatching(/./),
  ...more,
});

/** Asserts a refusal with all that belongs to it. */
async function expectRefusal(
  app: GuardedApp,
  [route, token]: Parameters<GuardedApp['get']>,
  status: number,
  code: string,
  more: object = {},
) {
  const { headers, ...answer } = await app.get(route, token);
  expect(answer).toEqual({ status, auth: undefined, problem: problemOf(status, code, more) });
  const challenge = token === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
  expect(headers.get('www-authenticate')).toBe(status === 401 ? challenge : null);
  expect(headers.get('retry-after')).toBe(status === 503 ? '1' : null);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('content-type')).toMatch(
    app.framework === 'trpc' ? /^application\/json/ : /^application\/problem\+json/,
  );
}
const expectPass = async (app: GuardedApp, ...[route, token]: Parameters<GuardedApp['get']>) =>
  expect((await app.get(route, token)).status).toBe(200);

describe.each(FRAMEWORKS)('%s', (framework) => {
  let app: GuardedApp;
  beforeAll(async () => {
    app = await start(framework);
  });

  test('without credentials: 401 with a bare challenge', async () => {
    for (const route of ['me', 'editors', 'publish'] as const)
      await expectRefusal(app, [route], 401, 'UNAUTHENTICATED');
    const basic = await app.get('me', undefined, { authorization: 'Basic dTpw' });
    expect([basic.status, basic.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  test('with garbage, an expired token, one for others: 401 and why', async () => {
    const { access } = await signIn();
    const past = Math.floor(server.clock.now().getTime() / 1000) - 1;
    await expectRefusal(app, ['me', 'garbage'], 401, 'TOKEN_INVALID');
    await expectRefusal(app, ['me', 'ac_garbage'], 401, 'TOKEN_INVALID');
    await expectRefusal(app, ['me', await forge(server, access, { exp: past })], 401, 'TOKEN_EXPIRED');
    await expectRefusal(app, ['me', await forge(server, access, { aud: 'others' })], 401, 'TOKEN_INVALID');
    await expectRefusal(
      app,
      ['publish', await forge(server, access, { iss: 'https://x.example' })],
      401,
      'TOKEN_INVALID',
    );
  });

  test('somebody known is told of', async () => {
    const { user, access } = await signIn('Editor');
    const auth = {
      kind: 'user',
      user_id: user.id,
      username: user.username,
      email: user.email,
      email_verified: true,
      roles: ['Editor'],
      permissions: expect.arrayContaining(['knowledge:PUBLISH']),
      sid: sidOf(access),
    };
    for (const route of ['open', 'me', 'editors', 'publish'] as const)
      expect(await app.get(route, access)).toMatchObject({ status: 200, auth });
    expect((await app.get('me', undefined, { authorization: `bearer   ${access}` })).status).toBe(200);
  });

  test('a role that is lacking: 403; any of those named will do', async () => {
    const { access } = await signIn();
    await expectRefusal(app, ['editors', access], 403, 'PERMISSION_DENIED', {
      detail: 'One of these roles is needed: Editor, Author',
    });
    await expectPass(app, 'editors', (await signIn('Author')).access);
  });

  test('a permission that is lacking: 403, and which; MANAGE covers it', async () => {
    const { access } = await signIn();
    await expectRefusal(app, ['publish', access], 403, 'PERMISSION_DENIED', { permission: 'knowledge:PUBLISH' });
    await expectPass(app, 'publish', await forge(server, access, { permissions: ['knowledge:MANAGE'] }));
    const bare = await forge(server, (await signIn('Editor')).access, { permissions: undefined });
    expect(await app.get('publish', bare)).toMatchObject({ status: 200, auth: { permissions: null } });
  });

  test('a person whose rights changed: TOKEN_STALE, soon', async () => {
    const { user, access } = await signIn();
    await expectPass(app, 'me', access);
    await grant(user.id, 'Editor');
    await vi.waitFor(() => expectRefusal(app, ['me', access], 401, 'TOKEN_STALE'), soon);
    await expectPass(app, 'publish', (await server.signIn(user)).access);
  });

  test('a session that ended: SESSION_REVOKED, soon', async () => {
    const { access } = await signIn();
    await expectPass(app, 'me', access);
    await logout(access);
    await vi.waitFor(() => expectRefusal(app, ['me', access], 401, 'SESSION_REVOKED'), soon);
  });

  test('an API key: its owner, within its scopes, without roles', async () => {
    const { user, access } = await signIn('Editor');
    const make = async (scopes: string[]): Promise<string> =>
      (await server.rest('POST', '/auth/api-keys', { token: access, body: { name: 'nightly', scopes } })).body.key;
    const key = await make(['knowledge:PUBLISH']);
    const owner = { user_id: user.id, username: user.username, email: user.email, email_verified: true };
    const auth = { kind: 'api_key', ...owner, roles: [], permissions: ['knowledge:PUBLISH'], sid: null };
    expect(await app.get('publish', key)).toMatchObject({ status: 200, auth });
    await expectRefusal(app, ['editors', key], 403, 'PERMISSION_DENIED', { detail: expect.stringContaining('Editor') });
    await expectRefusal(app, ['publish', await make(['knowledge:READ'])], 403, 'PERMISSION_DENIED', {
      permission: 'knowledge:PUBLISH',
    });
  });

  test('what a handler asks for by itself goes by the credentials too: an API key may less than its owner', async () => {
    const { user, access } = await signIn('Editor');
    const make = async (scopes: string[]): Promise<string> =>
      (await server.rest('POST', '/auth/api-keys', { token: access, body: { name: 'nightly', scopes } })).body.key;
    expect(await app.get('may', access)).toMatchObject({ may: true, auth: { kind: 'user' } });
    expect(await app.get('may', await make(['knowledge:PUBLISH']))).toMatchObject({ may: true });
    const reader = await app.get('may', await make(['knowledge:READ']));
    expect(reader).toMatchObject({ status: 200, may: false, auth: { kind: 'api_key', user_id: user.id } });
    // A token that carries no permissions is asked about, and not its owner.
    const bare = await forge(server, access, { permissions: undefined });
    expect(await app.get('may', bare)).toMatchObject({ may: true, auth: { permissions: null } });
  });

  test('an application’s own token stands for nobody', async () => {
    await expectRefusal(app, ['me', await getClientToken(server, client)], 401, 'TOKEN_INVALID');
  });

  test('an address that nobody has proven is told as such', async () => {
    const unproven = await server.createUser([{ name: 'User' }], { email_verified: false });
    const { access } = await server.signIn(unproven);
    expect((await app.get('me', access)).auth).toMatchObject({ email: unproven.email, email_verified: false });
  });

  test('where anybody may come, only good credentials count', async () => {
    const { access } = await signIn();
    expect(await app.get('open')).toMatchObject({ status: 200, auth: null });
    expect(await app.get('open', 'garbage')).toMatchObject({ status: 200, auth: null });
    expect(await app.get('open', access)).toMatchObject({ status: 200, auth: { sid: sidOf(access) } });
  });

  test('titles come in the caller’s language, refusals under the request’s own id', async () => {
    const asked = { 'accept-language': 'en;q=0.5, zh-CN', 'x-request-id': 'abc-123' };
    const { problem, headers } = await app.get('me', undefined, asked);
    expect([problem.title, headers.get('content-language')]).toEqual(['请先登录', 'zh']);
    // Fastify has ids of its own.
    if (framework !== 'fastify') expect(problem.request_id).toBe('abc-123');
    expect((await app.get('me')).problem.title).toBe('Sign in first');
  });
});

describe('in every framework', () => {
  test('a role needs a name, options must fit', () => {
    for (const framework of FRAMEWORKS) {
      const { createAuth } = sdk[framework];
      expect(() => createAuth({ url: 'https://auth.example.com' }).requireRole()).toThrow(TypeError);
      expect(() => createAuth({ url: 'auth.example.com' })).toThrow(TypeError);
      expect(() => createAuth({ url: 'https://auth.example.com', clientId: 'x' })).toThrow(TypeError);
      const verifier = sdk.verify.createVerifier({ url: 'https://auth.example.com' });
      expect(createAuth({ verifier }).verifier).toBe(verifier);
    }
  });

  test.each([
    ['import', 'once.mjs', "import { createVerifier } from '@authcenter/client/verify';"],
    ['require', 'once.cjs', "const { createVerifier } = require('@authcenter/client/verify');"],
  ])('a program that has verified a token ends by itself, with the feed open (%s)', async (_name, file, load) => {
    const { user, access } = await signIn();
    const options = { url: server.url, clientId: client.id, clientSecret: client.secret };
    const code = `${load}
      const verifier = createVerifier(${JSON.stringify({ ...options, issuer: server.deps.publicUrl(), onSilence: 'refuse' })});
      verifier.verifyToken(${JSON.stringify(access)}).then(({ username }) => console.log(username));`;
    writeFileSync(join(packed.folder, file), code);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: packed.folder, timeout: 20_000 });
    expect(stdout.trim()).toBe(user.username);
  });

  test('a silent feed: nobody passes where that is wished; heard again, it tells what happened meanwhile', async () => {
    const proxy = await openProxy();
    const all = await startAll({ url: proxy.url, onSilence: 'refuse', silentAfter: 7_000 });
    const { access } = await signIn();
    for (const app of all) await expectPass(app, 'me', access);
    proxy.swallow(true);
    const refused = { retry_after: 1 };
    await vi.waitFor(
      () => Promise.all(all.map((app) => expectRefusal(app, ['me', access], 503, 'DEPENDENCY_UNAVAILABLE', refused))),
      { ...soon, timeout: 25_000 },
    );
    await logout(access);
    proxy.swallow(false);
    proxy.cut();
    proxy.leadTo(server.url);
    for (const app of all) await vi.waitFor(() => expectRefusal(app, ['me', access], 401, 'SESSION_REVOKED'), soon);
    for (const app of all) await app.close();
  }, 90_000);

  test('a feed that is not to be had: the server is asked for each token', async () => {
    const poor = await createClient(server, admin, { scopes: ['users:read'] });
    const all = await startAll({ clientId: poor.id, clientSecret: poor.secret });
    const { access } = await signIn('Editor');
    for (const app of all) await expectPass(app, 'publish', access);
    await logout(access);
    for (const app of all) await vi.waitFor(() => expectRefusal(app, ['me', access], 401, 'SESSION_REVOKED'), soon);
  }, 60_000);

  test('a server that is away: 503 where it is asked, no change for a while where the feed was heard', async () => {
    const proxy = await openProxy();
    const asking = await startAll({ url: proxy.url, clientId: undefined, clientSecret: undefined } as object);
    const following = await startAll({ url: proxy.url });
    const { access } = await signIn();
    for (const app of [...asking, ...following]) await expectPass(app, 'me', access);
    proxy.cut();
    const fresh = (await signIn()).access;
    const away = ['me', fresh] as Parameters<GuardedApp['get']>;
    for (const app of asking) await expectRefusal(app, away, 503, 'DEPENDENCY_UNAVAILABLE', { retry_after: 1 });
    for (const app of asking) expect(await app.get('open', fresh)).toMatchObject({ status: 200, auth: null });
    for (const app of following) await expectPass(app, 'me', fresh);
    proxy.leadTo(server.url);
    for (const app of asking) await vi.waitFor(() => expectPass(app, 'me', fresh), soon);
  }, 60_000);

  test('two instances: one dies, the other tells what happened meanwhile', async () => {
    const dying = await startTestServer({ sharedWith: server });
    const proxy = await openProxy(dying.url);
    const all = await startAll({ url: proxy.url });
    const { access } = await signIn();
    for (const app of all) await expectPass(app, 'me', access);
    const closing = dying.close();
    proxy.cut();
    await logout(access);
    proxy.leadTo(other.url);
    for (const app of all) await vi.waitFor(() => expectRefusal(app, ['me', access], 401, 'SESSION_REVOKED'), soon);
    await closing;
  }, 60_000);

  test('a cursor that is too old: everything is told anew', async () => {
    const proxy = await openProxy();
    const all = await startAll({ url: proxy.url });
    const [ended, living] = [(await signIn()).access, (await signIn()).access];
    for (const app of all) await expectPass(app, 'me', ended);
    proxy.cut();
    await logout(ended);
    const fresh = await startTestServer({ sharedWith: server });
    proxy.leadTo(fresh.url);
    for (const app of all) await vi.waitFor(() => expectRefusal(app, ['me', ended], 401, 'SESSION_REVOKED'), soon);
    for (const app of all) await expectPass(app, 'me', living);
    proxy.leadTo(server.url);
    await fresh.close();
  }, 60_000);
});
