// What the tokens carry, and until when.
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

test('an access token names issuer, audience, holder, rights, session and proof', async () => {
  const user = await server.createUser([{ name: 'Author' }]);
  const before = seconds(server.clock.now());
  const { body } = await server.rest('POST', '/auth/login', { body: { email: user.email, password: user.password } });
  const claims = decodeJwt(body.access_token);
  expect(decodeProtectedHeader(body.access_token)).toEqual({
    alg: 'ES256',
    typ: 'at+jwt',
    kid: server.deps.keys.signingKey('access').kid,
  });
  expect(claims).toEqual({
    iss: server.url,
    aud: ['authcenter'],
    sub: user.id,
    user_id: user.id,
    userId: user.id,
    username: user.username,
    email: user.email,
    email_verified: true,
    roles: ['Author'],
    permissions: body.user.permissions,
    rv: server.deps.live.roles().version,
    sid: expect.stringMatching(/^[0-9a-f]{24}$/),
    epoch: 0,
    amr: ['pwd'],
    auth_time: expect.any(Number),
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    iat: expect.any(Number),
    exp: (claims.iat as number) + 900,
  });
  expect(claims.iat).toBeGreaterThanOrEqual(before);
  expect(claims['permissions']).toContain('knowledge:CREATE');
  expect(body.expires_in).toBe(900);
});

test('a refresh token names its session and nothing about the holder', async () => {
  const { refresh } = await server.signIn(await server.createUser());
  const claims = decodeJwt(refresh);
  expect(decodeProtectedHeader(refresh)).toMatchObject({ typ: 'rt+jwt' });
  expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
  expect(claims.aud).toBe(`${server.url}/api/v1/auth/refresh`);
  expect(claims.exp).toBe((claims.iat as number) + 7 * 86_400);
});

test('a refresh keeps session and proof, and gives a new id', async () => {
  const user = await server.createUser();
  const tokens = await server.signIn(user);
  server.clock.advance(60_000);
  const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
  const [first, second] = [decodeJwt(tokens.access), decodeJwt(body.access_token)];
  for (const kept of ['sub', 'sid', 'amr', 'auth_time', 'aud', 'iss']) expect(second[kept]).toEqual(first[kept]);
  expect(second.jti).not.toBe(first.jti);
  expect(second.iat).toBeGreaterThanOrEqual((first.iat as number) + 60);
});

test('an access token never outlives the next grant to expire', async () => {
  const now = server.clock.now().getTime();
  const inTwo = new Date(Math.floor(now / 1000) * 1000 + 120_000);
  const inThree = new Date(inTwo.getTime() + 60_000);
  const user = await server.createUser([
    { name: 'User' },
    { name: 'Editor', expires_at: inThree },
    { name: 'Author', expires_at: inTwo },
  ]);
  const tokens = await server.signIn(user);
  expect(decodeJwt(tokens.access).exp).toBe(seconds(inTwo));
  server.clock.advance(120_000);
  const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
  // The grant that has expired is gone, and bounds nothing any more.
  expect(decodeJwt(body.access_token)).toMatchObject({ roles: ['User', 'Editor'], exp: seconds(inThree) });
});

test('neither token outlives the session, and a refresh extends nothing', async () => {
  const short = await startTestServer({ config: { jwt: { session_max_age: '1h', access_token_expire: '15m' } } });
  try {
    const first = await short.signIn(await short.createUser());
    const end = decodeJwt(first.refresh).exp as number;
    expect(end).toBe((decodeJwt(first.refresh).iat as number) + 3600);
    short.clock.advance(50 * 60_000);
    const { body } = await short.rest('POST', '/auth/refresh', { body: { refresh_token: first.refresh } });
    expect(decodeJwt(body.refresh_token).exp).toBe(end);
    expect(decodeJwt(body.access_token).exp).toBe(end);
    expect(body.expires_in).toBe(end - (decodeJwt(body.access_token).iat as number));
    short.clock.advance(10 * 60_000);
    expect((await short.rest('GET', '/auth/me', { token: body.access_token })).body.code).toBe('TOKEN_EXPIRED');
    const ended = await short.rest('POST', '/auth/refresh', { body: { refresh_token: body.refresh_token } });
    expect([ended.status, ended.body.code]).toEqual([401, 'UNAUTHENTICATED']);
  } finally {
    await short.close();
  }
});

test('a session may last longer than its refresh token, up to its own end', async () => {
  const long = await startTestServer({ config: { jwt: { refresh_token_expire: '1h', session_max_age: '90m' } } });
  try {
    const { refresh } = await long.signIn(await long.createUser());
    const signedInAt = decodeJwt(refresh).iat as number;
    expect(decodeJwt(refresh).exp).toBe(signedInAt + 3600);
    long.clock.advance(59 * 60_000);
    const { body } = await long.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } });
    expect(decodeJwt(body.refresh_token).exp).toBe(signedInAt + 5400);
  } finally {
    await long.close();
  }
});

test('without cached permissions the claim is left out, and rights stay as they are', async () => {
  const lean = await startTestServer({ config: { performance: { cache_user_permissions: false } } });
  try {
    const { access } = await lean.signIn(await lean.createUser([{ name: 'Author' }]));
    expect(decodeJwt(access)).not.toHaveProperty('permissions');
    const verified = await lean.rest('POST', '/auth/verify', {
      body: { token: access, resource: 'knowledge', action: 'CREATE' },
    });
    expect(verified.body).toMatchObject({ valid: true, allowed: true });
    expect(verified.body.user.permissions).toContain('knowledge:CREATE');
  } finally {
    await lean.close();
  }
});

test('permissions over 6 KB are left out', async () => {
  const { db } = server.deps.database;
  const role = await db.collection('roles').findOne({ name: 'Editor' });
  const user = await server.createUser([{ name: 'Editor' }]);
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      permission_id: role?._id,
      name: `REPORT_${index}`,
      resource: `report-${index}`.padEnd(26, 'x'),
      action: 'READ',
    }));
  const claimsWith = async (count: number) => {
    await db.collection('roles').updateOne({ name: 'Editor' }, { $set: { permissions: many(count) } });
    await server.deps.live.reloadRoles();
    return decodeJwt((await server.signIn(user)).access);
  };
  // 34 bytes each, with quotes and comma.
  expect((await claimsWith(180))['permissions']).toHaveLength(180);
  expect(await claimsWith(181)).not.toHaveProperty('permissions');
});
