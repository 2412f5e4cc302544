// Gateways: nginx asks with auth_request, Envoy with ext_authz, and hand the application who calls; the examples of the documentation, as
// they stand there.
import { readFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy, startEnvoy } from '../../support/envoy.ts';
import type { Gateway } from '../../support/gateway.ts';
import { startNginx } from '../../support/nginx.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let application: Server;
/** Headers of the requests that reached the application. */
let seen: NodeJS.Dict<string | string[]>[] = [];
let applicationUrl: string;
beforeAll(async () => {
  server = await startTestServer();
  application = createServer((request, response) => {
    seen.push({ ...request.headers, method: request.method });
    response.end('reports');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => application.once('listening', resolve));
  applicationUrl = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
});
afterAll(async () => {
  application.close();
  await server.close();
});

/** The guide's example for a gateway, with the addresses of the test. */
function readGuide(language: string, mark: string): string {
  const guide = readFileSync(new URL('../../../docs/gateways.md', import.meta.url), 'utf8');
  const blocks = [...guide.matchAll(/```(\w+)\n(.*?)```/gs)];
  const [, , example = ''] = blocks.find(([, name, text]) => name === language && text?.includes(mark)) ?? [];
  expect(example).toContain(mark);
  return example
    .replaceAll('https://auth.example.com', server.url)
    .replaceAll('http://reports.internal:3000', applicationUrl);
}

const envoy = await findEnvoy();
const GATEWAYS: readonly (readonly [name: string, start: () => Promise<Gateway>])[] = [
  ['nginx', () => startNginx(readGuide('nginx', 'auth_request'))],
  ...(envoy === null
    ? []
    : [['Envoy', () => startEnvoy(envoy, readGuide('yaml', 'ext_authz'), server.url, applicationUrl)] as const]),
];

const signIn = async (...roles: string[]) => {
  const user = await server.createUser(roles.map((name) => ({ name })));
  return { user, token: (await server.signIn(user)).access };
};

async function visit(gateway: Gateway, token?: string, headers: Record<string, string> = {}, method = 'GET') {
  seen = [];
  const response = await fetch(`${gateway.url}/reports?month=5&resource=search&action=READ`, {
    method,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text(), reached: seen };
}

describe.each(GATEWAYS)('behind %s', (_name, start) => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await start();
  }, 120_000);
  afterAll(() => gateway.close());

  test('whoever may comes through, and the application hears who it is', async () => {
    const { user, token } = await signIn('Editor', 'Author');
    const { status, text, reached } = await visit(gateway, token);
    expect([status, text]).toEqual([200, 'reports']);
    expect(reached).toMatchObject([
      { 'x-auth-user-id': user.id, 'x-auth-username': user.username, 'x-auth-roles': 'Editor,Author' },
    ]);
  });

  test('by any method', async () => {
    const { token } = await signIn('Editor');
    const { status, reached } = await visit(gateway, token, {}, 'DELETE');
    expect([status, reached[0]?.['method']]).toEqual([200, 'DELETE']);
    expect(await visit(gateway, undefined, {}, 'DELETE')).toMatchObject({ status: 401, reached: [] });
  });

  test('whoever may not is refused before the application', async () => {
    const { token } = await signIn('User');
    expect(await visit(gateway, token)).toMatchObject({ status: 403, reached: [] });
  });

  test.each([
    ['no credentials', undefined, 'Bearer'],
    ['a token that is none', 'nonsense', 'Bearer error="invalid_token"'],
  ])('%s are told to sign in', async (_, token, challenge) => {
    const { status, headers, reached } = await visit(gateway, token);
    expect([status, headers.get('www-authenticate'), reached]).toEqual([401, challenge, []]);
  });

  test('a session that has ended comes no further', async () => {
    const { token } = await signIn('Editor');
    expect((await visit(gateway, token)).status).toBe(200);
    await server.rest('POST', '/auth/logout', { token });
    expect(await visit(gateway, token)).toMatchObject({ status: 401, reached: [] });
  });

  test('nobody gets around it by the path', async () => {
    const { token } = await signIn('User');
    const ways = ['..%2f..%2f..%2f..%2fhealth%2flive', '..%2f-%2fx', '%2e%2e/-/x', '-/reports', '..%5c-%5cx'];
    for (const path of ways) {
      seen = [];
      const { port } = new URL(gateway.url);
      const options = {
        host: '127.0.0.1',
        port,
        path: `/reports/${path}`,
        headers: { authorization: `Bearer ${token}` },
      };
      // As it is: a client of one's own would resolve it.
      const status = await new Promise<number | undefined>((resolve, reject) => {
        get(options, (response) => resolve(response.resume().statusCode)).once('error', reject);
      });
      expect([path, seen, [400, 403, 404].includes(status ?? 0)]).toEqual([path, [], true]);
    }
  });

  test('nobody names themselves', async () => {
    const { user, token } = await signIn('Editor');
    const { reached } = await visit(gateway, token, {
      'x-auth-user-id': 'f'.repeat(24),
      'x-auth-username': 'root',
      'x-auth-roles': 'Admin',
      'x-auth-client-id': 'f'.repeat(24),
      x_auth_user_id: 'f'.repeat(24),
    });
    expect(reached).toMatchObject([
      { 'x-auth-user-id': user.id, 'x-auth-username': user.username, 'x-auth-roles': 'Editor' },
    ]);
    expect(reached[0]?.['x-auth-client-id'] ?? '').toBe('');
    expect(JSON.stringify(reached)).not.toContain('ffff');
  });
});

describe('the question itself', () => {
  const ask = (token: string | undefined, query = '') => server.rest('GET', `/auth/forward${query}`, { token });

  test('without a permission: who it is', async () => {
    const { user, token } = await signIn('User');
    const { status, body, headers } = await ask(token);
    expect([status, body]).toEqual([
      200,
      { user_id: user.id, client_id: null, username: user.username, roles: ['User'] },
    ]);
    expect([headers.get('x-auth-username'), headers.get('cache-control')]).toEqual([user.username, 'no-store']);
  });

  test('an application is named as one, and has no permissions', async () => {
    const token = await server.mintClientToken(['users:read'], 'a'.repeat(24));
    const { status, headers } = await ask(token);
    expect([status, headers.get('x-auth-client-id'), headers.get('x-auth-user-id')]).toEqual([200, 'a'.repeat(24), '']);
    expect((await ask(token, '?resource=user&action=READ')).body.code).toBe('PERMISSION_DENIED');
  });

  test('a refusal names the permission; aliases are read as everywhere', async () => {
    const { token } = await signIn('User');
    const { status, body } = await ask(token, '?resource=Knowledge_Base&action=publish');
    expect([status, body.permission]).toEqual([403, 'knowledge:PUBLISH']);
    expect((await ask(token, '?resource=knowledge&action=read')).status).toBe(200);
  });

  test('half a permission is a mistake', async () => {
    const { token } = await signIn('User');
    expect((await ask(token, '?resource=knowledge')).body.errors).toMatchObject([{ path: 'action' }]);
  });

  test('of Envoy stands in a header, and whatever comes behind the prefix is the caller’s own', async () => {
    const { token } = await signIn('User');
    const askAs = async (question: string | undefined, path = 'reports', method = 'GET') => {
      const headers = question === undefined ? {} : { 'x-authcenter-question': question };
      return (await server.rest(method, `/auth/forward/${path}`, { token, headers })).status;
    };
    expect(await askAs('-', 'reports?resource=knowledge&action=PUBLISH')).toBe(200);
    expect(await askAs('-', '', 'PUT')).toBe(200);
    expect(await askAs('resource=knowledge&action=READ', 'reports?x[y]=1', 'POST')).toBe(200);
    for (const path of ['reports', '-/reports', '..%2f-%2fx', 'a/%2e%2e/-'])
      expect(await askAs('resource=knowledge&action=PUBLISH', path, 'OPTIONS')).toBe(403);
    expect((await server.rest('DELETE', '/auth/forward/x', { headers: { 'x-authcenter-question': '-' } })).status).toBe(
      401,
    );
  });

  test.each([
    undefined,
    '',
    '&',
    'resource=knowledge',
    'resorce=knowledge&action=READ',
    'resource=x&action=Y&resource=knowledge&action=READ',
  ])('that is none (%s) lets nobody in', async (question) => {
    const { token } = await signIn('Admin');
    const headers = question === undefined ? {} : { 'x-authcenter-question': question };
    expect((await server.rest('GET', '/auth/forward/reports', { token, headers })).status).toBe(400);
  });

  test('is answered to no preflight, and to no other page', async () => {
    const open = await startTestServer({ config: { server: { cors_origins: ['https://app.example.com'] } } });
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    const ask = (path: string) => fetch(`${open.url}/api/v1${path}`, { method: 'OPTIONS', headers });
    const answer = await ask('/auth/forward/reports');
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, null]);
    expect((await ask('/auth/me')).status).toBe(204);
    await open.close();
  });
});
