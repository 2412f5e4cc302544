// Token exchange (RFC 8693): a user's access token against one signed with an application's own secret.
import { createSecretKey, randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, requestToken, type TestClient } from '../../support/clients.ts';
import { createTestClock, startTestServer, type TestServer } from '../../support/server.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const DAY = 86_400;
const secret = randomBytes(32).toString('hex');
const clock = createTestClock();

let server: TestServer;
let admin: string;
let chat: TestClient;
beforeAll(async () => {
  server = await startTestServer({ clock, config: { jwt: { session_max_age: '720h', refresh_token_expire: '720h' } } });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  chat = await createClient(server, admin, { name: 'Chat', exchange_secret: secret });
});
afterAll(() => server.close());

/** Signed in at the application whose tokens are exchanged. */
async function signInAtChat(roles: Parameters<TestServer['createUser']>[0] = [{ name: 'User' }], client = chat) {
  const user = await server.createUser(roles);
  const { refresh } = await server.signIn(user);
  const users = await server.deps.users.findById(user.id);
  const sessions = server.deps.database.db.collection('sessions');
  await sessions.updateOne({ user_id: users?._id }, { $set: { client_id: client.id } });
  const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
  return { user, token: body.access_token as string, refresh: body.refresh_token as string };
}

const exchange = (subject_token: string, form: Record<string, string> = {}, client = chat) =>
  requestToken(server, client, { grant_type: GRANT, subject_token, subject_token_type: ACCESS, ...form });
const open = (token: string) => jwtVerify(token, createSecretKey(Buffer.from(secret)), { currentDate: clock.now() });

describe('what comes of it', () => {
  test('is signed with the secret alone, and says what sub-modules read', async () => {
    const { user, token } = await signInAtChat();
    const { status, body } = await exchange(token);
    expect([status, body]).toEqual([
      200,
      { access_token: expect.any(String), issued_token_type: JWT, token_type: 'Bearer', expires_in: 7 * DAY },
    ]);
    const { payload, protectedHeader } = await open(body.access_token);
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toEqual({
      userId: user.id,
      id: user.id,
      username: user.username,
      email: user.email,
      provider: 'openid',
      role: 'USER',
      aud: chat.id,
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 7 * DAY,
    });
    const audit = server.deps.database.db.collection('audit_logs');
    expect(await audit.findOne({ act: 'auth.token_exchanged', 'target.id': user.id })).toMatchObject({
      actor: { kind: 'client', id: chat.id },
    });
  });

  test('is no token of AuthCenter’s own', async () => {
    const { token } = await signInAtChat();
    const { access_token } = (await exchange(token)).body;
    expect((await server.rest('GET', '/auth/me', { token: access_token })).body.code).toBe('TOKEN_INVALID');
    expect((await exchange(access_token)).body.code).toBe('INVALID_GRANT');
  });

  test('tells no address that nobody has proven', async () => {
    const { user, refresh } = await signInAtChat();
    const users = server.deps.database.db.collection('users');
    await users.updateOne({ username: user.username }, { $set: { email_verified: false } });
    const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
    expect((await open((await exchange(body.access_token)).body.access_token)).payload['email']).toBeNull();
  });

  test('ends no later than the session, nor than the grant it tells of', async () => {
    const soon = new Date(clock.now().getTime() + 3 * DAY * 1000);
    const { token } = await signInAtChat([{ name: 'Admin', expires_at: soon }, { name: 'User' }]);
    const { payload } = await open((await exchange(token)).body.access_token);
    expect([payload['role'], payload.exp]).toEqual(['ADMIN', Math.floor(soon.getTime() / 1000)]);
    const { refresh } = await signInAtChat();
    clock.advance(26 * DAY * 1000);
    const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
    expect((await exchange(body.access_token)).body.expires_in).toBeLessThanOrEqual(4 * DAY);
    admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  });
});

describe('is refused', () => {
  test('for the token of another application, of none, of a client, and for no token', async () => {
    const other = await createClient(server, admin, { exchange_secret: randomBytes(32).toString('hex') });
    const { token: ofOther } = await signInAtChat(undefined, other);
    const { access: ofNone } = await server.signIn(await server.createUser());
    const ofClient = (await requestToken(server, chat, { grant_type: 'client_credentials' })).body.access_token;
    for (const token of [ofOther, ofNone, ofClient, 'nonsense', (await signInAtChat()).refresh]) {
      const { status, body } = await exchange(token);
      expect([status, body.code, body.error]).toEqual([400, 'INVALID_GRANT', 'invalid_grant']);
    }
    expect((await exchange(ofOther, {}, other)).status).toBe(200);
  });

  test('for a token that no longer counts', async () => {
    const ended = await signInAtChat();
    await server.rest('POST', '/auth/logout', { token: ended.token });
    const disabled = await signInAtChat();
    await server.rest('POST', `/users/${disabled.user.id}/status`, { token: admin, body: { status: 'inactive' } });
    for (const { token } of [ended, disabled]) expect((await exchange(token)).body.code).toBe('INVALID_GRANT');
  });

  test('without the client’s own secret, and for a client that has no exchange secret', async () => {
    const { token } = await signInAtChat();
    expect((await exchange(token, {}, { ...chat, secret: 'acs_wrong' })).body.code).toBe('INVALID_CLIENT');
    const plain = await createClient(server, admin);
    expect((await exchange(token, {}, plain)).body.code).toBe('UNAUTHORIZED_CLIENT');
  });

  test.each([
    ['subject_token_type', { subject_token_type: JWT }],
    ['requested_token_type', { requested_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
    ['audience', { audience: 'another' }],
  ])('for a %s that is not served', async (path, form) => {
    const { token } = await signInAtChat();
    const { status, body } = await exchange(token, form);
    expect([status, body.errors]).toMatchObject([400, [{ path }]]);
  });

  test('without a subject', async () => {
    const { body } = await requestToken(server, chat, { grant_type: GRANT });
    expect(body.errors).toMatchObject([{ path: 'subject_token' }, { path: 'subject_token_type' }]);
  });
});

describe('the exchange secret', () => {
  const read = async () => (await server.rest('GET', `/clients/${chat.id}`, { token: admin })).body;

  test('is stored sealed, and never shown', async () => {
    expect(await read()).toMatchObject({ has_exchange_secret: true });
    const { db } = server.deps.database;
    for (const name of ['clients', 'audit_logs'])
      expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain(secret);
    expect(JSON.stringify(await read())).not.toContain(secret);
  });

  test.each(['short', 'a'.repeat(64), `${'0123456'.repeat(9)}0`, ` ${'0123456789abcdef'.repeat(4)}`])(
    'is not %s',
    async (exchange_secret) => {
      const body = { name: 'Weak', kind: 'service', exchange_secret };
      const { status, body: answer } = await server.rest('POST', '/clients', { token: admin, body });
      expect([status, answer.errors?.[0]?.path]).toEqual([400, 'exchange_secret']);
    },
  );

  test('is for services', async () => {
    const body = { name: 'Page', kind: 'spa', redirect_uris: ['http://localhost/cb'], exchange_secret: secret };
    const { body: answer } = await server.rest('POST', '/clients', { token: admin, body });
    expect(answer.errors).toMatchObject([{ path: 'exchange_secret' }]);
  });

  test('can be changed, and taken away', async () => {
    const client = await createClient(server, admin, { exchange_secret: randomBytes(32).toString('hex') });
    const put = (version: number, exchange_secret: string | null) =>
      server.rest('PUT', `/clients/${client.id}`, { token: admin, body: { version, exchange_secret } });
    const { token } = await signInAtChat(undefined, client);
    await put(1, secret);
    await open((await exchange(token, {}, client)).body.access_token);
    expect((await put(2, null)).body.has_exchange_secret).toBe(false);
    expect((await exchange(token, {}, client)).body.code).toBe('UNAUTHORIZED_CLIENT');
  });
});
