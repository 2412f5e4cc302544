// Services act as themselves: client credentials (RFC 6749 §4.4), scopes, and what takes a client's token its force.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClient, getClientToken, requestToken, type TestClient } from '../../support/clients.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';

let server: TestServer;
let other: TestServer;
let admin: string;
let someone: string;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  someone = (await server.createUser()).id;
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const grant_type = 'client_credentials';
const readUser = (token: string, on = server) => on.rest('GET', `/users/${someone}`, { token });
const change = async (client: TestClient, fields: object) => {
  const { body } = await server.rest('GET', `/clients/${client.id}`, { token: admin });
  const { version } = body;
  return server.rest('PUT', `/clients/${client.id}`, { token: admin, body: { version, ...fields } });
};
const rotate = (client: TestClient, keep_old_for: number) =>
  server.rest('POST', `/clients/${client.id}/rotate-secret`, { token: admin, body: { keep_old_for } });

describe('a token of its own', () => {
  test('is granted for all its scopes, or for those it asks for', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read', 'rbac:check'], audiences: ['crm'] });
    const { status, body, headers } = await requestToken(server, client, { grant_type });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'users:read rbac:check',
    });
    expect(decodeJwt(body.access_token)).toMatchObject({
      sub: client.id,
      client_id: client.id,
      aud: ['authcenter', client.id, 'crm'],
      scope: 'users:read rbac:check',
    });
    expect(decodeJwt(body.access_token)).not.toHaveProperty('sid');
    const less = await requestToken(server, client, { grant_type, scope: 'rbac:check  rbac:check' });
    expect(less.body.scope).toBe('rbac:check');
    expect((await readUser(less.body.access_token)).body.permission).toBe('client:users:read');
    expect((await readUser(body.access_token)).status).toBe(200);
  });

  test('comes by JSON as well, and over tRPC', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    const body = { grant_type, client_id: client.id, client_secret: client.secret };
    expect((await server.rest('POST', '/auth/token', { body })).body.scope).toBe('users:read');
    const { body: answer } = await server.trpc('auth.token', body);
    expect(answer.result.data.json.scope).toBe('users:read');
  });

  test.each([
    ['a scope it does not have', { scope: 'users:read feed:read' }, 400, 'INVALID_SCOPE', 'invalid_scope'],
    ['a scope that is none', { scope: 'everything' }, 400, 'INVALID_SCOPE', 'invalid_scope'],
    ['another grant', { grant_type: 'password' }, 400, 'UNSUPPORTED_GRANT_TYPE', 'unsupported_grant_type'],
  ])('not for %s', async (_, form, status, code, error) => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    const answer = await requestToken(server, client, { grant_type, ...form });
    expect([answer.status, answer.body.code, answer.body.error]).toEqual([status, code, error]);
  });

  test('and a request that is none is told so in OAuth’s words', async () => {
    for (const body of [{}, { grant_type: 'authorization_code', client_id: 1 }]) {
      const answer = await server.rest('POST', '/auth/token', { body });
      expect([answer.status, answer.body.code, answer.body.error]).toEqual([
        400,
        'VALIDATION_FAILED',
        'invalid_request',
      ]);
    }
  });

  test('not for a wrong secret, nor an unknown client, told alike', async () => {
    const client = await createClient(server, admin);
    const nobody = { id: 'f'.repeat(24), secret: client.secret };
    for (const wrong of [{ ...client, secret: 'acs_wrong' }, nobody, { ...client, secret: '' }]) {
      const { status, body, headers } = await requestToken(server, wrong, { grant_type });
      expect([status, body.code, body.error]).toEqual([401, 'INVALID_CLIENT', 'invalid_client']);
      expect(headers.get('www-authenticate')).toBe('Basic realm="authcenter"');
    }
  });

  test.each(['spa', 'native'])('not for a client of the kind %s, which keeps no secret', async (kind) => {
    const { id } = await createClient(server, admin, { kind, redirect_uris: ['http://localhost/cb'] });
    const { status, body } = await server.rest('POST', '/auth/token', { body: { grant_type, client_id: id } });
    expect([status, body.code, body.error]).toEqual([400, 'UNAUTHORIZED_CLIENT', 'unauthorized_client']);
  });
});

describe('loses its force', () => {
  const expectEverywhere = async (token: string, code: string) => {
    expect((await readUser(token)).body.code).toBe(code);
    await vi.waitFor(async () => expect((await readUser(token, other)).body.code).toBe(code), soon);
  };

  test('with its expiry', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    const token = await getClientToken(server, client);
    const { exp = 0 } = decodeJwt(token);
    server.clock.advance(exp * 1000 - server.clock.now().getTime() - 500);
    expect((await readUser(token)).status).toBe(200);
    server.clock.advance(500);
    expect((await readUser(token)).body.code).toBe('TOKEN_EXPIRED');
    admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  });

  test('when the client is removed', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    const token = await getClientToken(server, client);
    expect([(await readUser(token)).status, (await readUser(token, other)).status]).toEqual([200, 200]);
    await server.rest('DELETE', `/clients/${client.id}`, { token: admin });
    await expectEverywhere(token, 'SESSION_REVOKED');
  });

  test('when its secret is withdrawn; not while the old secret goes on working', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    const token = await getClientToken(server, client);
    const { client_secret: secret } = (await rotate(client, 3600)).body;
    expect((await readUser(token)).status).toBe(200);
    expect((await requestToken(server, client, { grant_type })).status).toBe(200);
    const { client_secret: third } = (await rotate(client, 0)).body;
    await expectEverywhere(token, 'TOKEN_STALE');
    for (const withdrawn of [client.secret, secret])
      expect((await requestToken(server, { ...client, secret: withdrawn }, { grant_type })).status).toBe(401);
    expect((await readUser(await getClientToken(server, { ...client, secret: third }), other)).status).toBe(200);
  });

  test('scope by scope, as they are taken from the client', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read', 'rbac:check'] });
    const token = await getClientToken(server, client);
    expect((await change(client, { scopes: ['rbac:check'] })).status).toBe(200);
    await expectEverywhere(token, 'PERMISSION_DENIED');
    const check = { user_id: someone, permission: 'SEARCH' };
    expect((await server.rest('POST', '/rbac/check', { token, body: check })).status).toBe(200);
    // One that is given later is not in a token from before.
    await change(client, { scopes: ['rbac:check', 'users:read', 'feed:read'] });
    expect((await readUser(token)).status).toBe(200);
    const { body } = await requestToken(server, client, { grant_type });
    expect(body.scope).toBe('rbac:check users:read feed:read');
  });

  test('scope by scope also where nothing is heard of changes', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    const token = await getClientToken(server, client);
    const deaf = await startTestServer({ sharedWith: server });
    try {
      expect((await readUser(token, deaf)).status).toBe(200);
      // What it heard before is kept, and what comes is not heard.
      const { live } = deaf.deps;
      const known = live.client(client.id);
      vi.spyOn(live, 'isStalled').mockReturnValue(true);
      vi.spyOn(live, 'client').mockImplementation(() => known);
      await change(client, { scopes: ['rbac:check'] });
      expect((await readUser(token, deaf)).body.code).toBe('PERMISSION_DENIED');
    } finally {
      vi.restoreAllMocks();
      await deaf.close();
    }
  });

  test('nowhere at the moment it is made: another instance knows it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const client = await createClient(server, admin, { scopes: ['users:read'] });
      expect((await readUser(await getClientToken(other, client), other)).status).toBe(200);
    }
  });
});

test('a session whose client is no more ends with its next refresh', async () => {
  const user = await server.createUser();
  const { refresh } = await server.signIn(user);
  const sessions = server.deps.database.db.collection('sessions');
  const owner = await server.deps.users.findById(user.id);
  // Opened in the moment in which the client was removed.
  await sessions.updateOne({ user_id: owner?._id }, { $set: { client_id: 'f'.repeat(24) } });
  const { status, body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
  expect([status, body.code]).toEqual([401, 'SESSION_REVOKED']);
  expect((await sessions.findOne({ user_id: owner?._id }))?.['revoke_reason']).toBe('client_deleted');
});

test('a person’s tokens for an application name it, and what it names', async () => {
  const user = await server.createUser();
  const { access, refresh } = await server.signIn(user);
  expect(decodeJwt(access).aud).toEqual(['authcenter']);
  const client = await createClient(server, admin, { kind: 'spa', redirect_uris: ['http://localhost/cb'] });
  const { sid } = decodeJwt(access) as { sid: string };
  await server.deps.database.db
    .collection('sessions')
    .updateOne({ user_id: (await server.deps.users.findById(user.id))?._id }, { $set: { client_id: client.id } });
  expect(sid).toBeDefined();
  await change(client, { audiences: ['https://reports.example.com'] });
  const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
  expect(decodeJwt(body.access_token).aud).toEqual(['authcenter', client.id, 'https://reports.example.com']);
  expect((await server.rest('GET', '/auth/me', { token: body.access_token })).status).toBe(200);
});
