// The example applications of the SDK, each copied out beside the packed SDK, started and used.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { createClient } from '../support/clients.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
const examples = fileURLToPath(new URL('../../client-sdk/examples', import.meta.url));

let sdk: PackedSdk;
let server: TestServer;
let pages: Server;
let origin: string;
let dist = '';
beforeAll(async () => {
  sdk = await installPackedSdk();
  cpSync(examples, join(sdk.folder, 'examples'), { recursive: true });
  pages = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    const type = { '.html': 'text/html', '.js': 'text/javascript' }[extname(path)] ?? 'text/plain';
    try {
      response.setHeader('content-type', type).end(readFileSync(join(dist, path)));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, 'localhost');
  await once(pages, 'listening');
  origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
  server = await startTestServer({ config: { server: { host: 'localhost', cors_origins: [origin] } } });
});
afterAll(async () => {
  pages.close();
  await server.close();
  sdk.remove();
});

const signIn = async (...roles: string[]) => {
  const user = await server.createUser(roles.map((name) => ({ name })));
  return { user, token: (await server.signIn(user)).access };
};

async function makeEnv(scopes: readonly string[]): Promise<NodeJS.ProcessEnv> {
  const admin = await signIn('Admin');
  const { id, secret } = await createClient(server, admin.token, { scopes });
  return { ...process.env, AUTHCENTER_URL: server.url, CLIENT_ID: id, CLIENT_SECRET: secret, PORT: '0' };
}

describe('the Fastify service', () => {
  let child: ChildProcess;
  let url: string;
  beforeAll(async () => {
    const cwd = join(sdk.folder, 'examples/fastify-service');
    const env = await makeEnv(['feed:read', 'rbac:check']);
    child = spawn(process.execPath, ['service.ts'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
    url = /http:\S+/.exec(String(chunk))?.[0] ?? '';
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  const call = (method: string, token?: string, body?: object) =>
    fetch(`${url}/reports`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  test('lets in who is signed in, and write who may', async () => {
    const [author, reader] = [await signIn('Author'), await signIn('User')];
    expect((await call('GET')).status).toBe(401);
    expect((await call('POST', reader.token, { text: '五月' })).status).toBe(403);
    expect((await call('POST', author.token, { text: '五月' })).status).toBe(201);
    expect(await (await call('GET', reader.token)).json()).toEqual([{ author: author.user.username, text: '五月' }]);
  });

  test('hears of a sign-out', async () => {
    const { token } = await signIn('User');
    expect((await call('GET', token)).status).toBe(200);
    await server.rest('POST', '/auth/logout', { token });
    await expect.poll(async () => (await call('GET', token)).status, { timeout: 5_000 }).toBe(401);
  });
});

test('the worker tells who may publish, and what it lacks', async () => {
  const [editor, author] = [await signIn('Editor'), await signIn('Author')];
  const cwd = join(sdk.folder, 'examples/worker');
  const ids = [editor.user.id, author.user.id];
  const { stdout } = await run(process.execPath, ['worker.ts', ...ids], {
    cwd,
    env: await makeEnv(['users:read', 'rbac:check']),
  });
  expect(stdout).toBe(`${editor.user.username}: may publish\n${author.user.username}: may not publish\n`);
  const without = run(process.execPath, ['worker.ts', ...ids], { cwd, env: await makeEnv(['rbac:check']) });
  await expect(without).rejects.toThrow('PERMISSION_DENIED');
});

describe('the React front end', () => {
  let browser: TestBrowser;
  let page: Page;
  beforeAll(async () => {
    const root = join(sdk.folder, 'examples/react-app');
    await build({
      root,
      logLevel: 'error',
      define: { 'import.meta.env.VITE_AUTHCENTER_URL': JSON.stringify(server.url) },
    });
    dist = join(root, 'dist');
    browser = await startBrowser();
    page = await browser.newPage();
  }, 120_000);
  afterAll(() => browser?.close());

  async function open(username: string, password: string) {
    await page.goto(origin);
    await page.getByPlaceholder('User name or e-mail').fill(username);
    await page.getByPlaceholder('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  test('signs in and out, and shows to whoever may', async () => {
    const admin = await server.createUser([{ name: 'Admin' }]);
    await open(admin.username, 'a wrong password');
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('Wrong user name or password');
    await open(admin.username, admin.password);
    await expect.poll(() => page.locator('h1').textContent()).toBe(`Hello, ${admin.username}`);
    await expect.poll(() => page.locator('li').allTextContents()).toContain(admin.username);
    await page.reload();
    await expect.poll(() => page.locator('h1').textContent()).toBe(`Hello, ${admin.username}`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  test('keeps from others what is not for them', async () => {
    const user = await server.createUser([{ name: 'User' }]);
    await open(user.username, user.password);
    await expect.poll(() => page.locator('main').textContent()).toContain('The list of people is not for you.');
    expect(await page.locator('li').count()).toBe(0);
  });
});
