// Gateways: nginx asks with auth_request, and hands the application who calls; the example of the documentation, as it stands there.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startNginx } from '../../support/nginx.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let application: Server;
let gateway: Gateway;
/** Headers of the requests that reached the application. */
let seen: NodeJS.Dict<string | string[]>[] = [];
beforeAll(async () => {
  server = await startTestServer();
  application = createServer((request, response) => {
    seen.push(request.headers);
    response.end('reports');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => application.once('listening', resolve));
  const { port } = application.address() as AddressInfo;
  const guide = readFileSync(new URL('../../../docs/gateways.md', import.meta.url), 'utf8');
  const [, example = ''] = /```nginx\n(.*?)```/s.exec(guide) ?? [];
  const block = example
    .replaceAll('https://auth.example.com', server.url)
    .replaceAll('http://reports.internal:3000', `http://127.0.0.1:${port}`);
  expect(block).toContain('auth_request');
  gateway = await startNginx(block);
});
afterAll(async () => {
  await gateway.close();
  application.close();
  await server.close();
});

const signIn = async (...roles: string[]) => {
  const user = await server.createUser(roles.map((name) => ({ name })));
  return { user, token: (await server.signIn(user)).access };
};

async function visit(token?: string, headers: Record<string, string> = {}) {
  seen = [];
  const response = await fetch(`${gateway.url}/reports?month=5`, {
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text(), reached: seen };
}

describe('behind nginx', () => {
  test('whoever may comes through, and the application hears who it is', async () => {
    const { user, token } = await signIn('Editor', 'Author');
    const { status, text, reached } = await visit(token);
    expect([status, text]).toEqual([200, 'reports']);
    expect(reached).toMatchObject([
      { 'x-auth-user-id': user.id, 'x-auth-username': user.username, 'x-auth-roles': 'Editor,Author' },
    ]);
  });

  test('whoever may not is refused before the application', async () => {
    const { token } = await signIn('User');
    expect(await visit(token)).toMatchObject({ status: 403, reached: [] });
  });

  test.each([
    ['no credentials', undefined, 'Bearer'],
    ['a token that is none', 'nonsense', 'Bearer error="invalid_token"'],
  ])('%s are told to sign in', async (_, token, challenge) => {
    const { status, headers, reached } = await visit(token);
    expect([status, headers.get('www-authenticate'), reached]).toEqual([401, challenge, []]);
  });

  test('a session that has ended comes no further', async () => {
    const { token } = await signIn('Editor');
    expect((await visit(token)).status).toBe(200);
    await server.rest('POST', '/auth/logout', { token });
    expect(await visit(token)).toMatchObject({ status: 401, reached: [] });
  });

  test('nobody names themselves', async () => {
    const { user, token } = await signIn('Editor');
    const { reached } = await visit(token, {
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
});
