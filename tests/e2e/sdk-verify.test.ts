// The SDK's verifier against the real server: what it takes and refuses, and how soon it knows what has changed.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Verifier } from '../../client-sdk/src/verify.ts';
import { createClient, getClientToken } from '../support/clients.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { soon } from '../support/soon.ts';
import { catchCode, forge, openVerifierLab, sidOf, signText, type VerifierLab } from '../support/verifiers.ts';

let server: TestServer;
let lab: VerifierLab;
let verifier: Verifier;
beforeAll(async () => {
  server = await startTestServer();
  lab = await openVerifierLab(server);
  verifier = lab.open();
  await verifier.ready();
});
afterAll(async () => {
  lab.close();
  await server.close();
});

const act = async (method: string, path: string, body?: unknown) => {
  const answer = await server.rest(method, path, { token: lab.admin, body });
  if (answer.status >= 300) throw new Error(`${path} answered ${answer.status} ${answer.body.code}`);
  return answer.body;
};
async function signIn(...roles: string[]) {
  const user = await server.createUser((roles.length === 0 ? ['User'] : roles).map((name) => ({ name })));
  return { user, ...(await server.signIn(user)) };
}

describe('a token', () => {
  test('tells who it stands for, and of no request', async () => {
    const { user, access } = await signIn('Editor');
    lab.sent.length = 0;
    const verified = await verifier.verifyToken(access);
    expect(verified).toEqual({
      kind: 'user',
      id: user.id,
      username: user.username,
      email: user.email,
      email_verified: true,
      roles: ['Editor'],
      permissions: expect.arrayContaining(['knowledge:PUBLISH']),
      sid: sidOf(access),
      exp: expect.any(Number),
      amr: ['pwd'],
      auth_time: expect.any(Number),
    });
    expect(lab.sent).toEqual([]);
    expect(await verifier.verifyToken(access)).toBe(verified);
    expect(Object.isFrozen(verified) && Object.isFrozen(verified.permissions)).toBe(true);
  });

  test('is opened once, however many ask', async () => {
    const { access } = await signIn();
    const answers = await Promise.all(Array.from({ length: 50 }, () => verifier.verifyToken(access)));
    expect(new Set(answers).size).toBe(1);
  });

  test('is refused for each rule that it breaks', async () => {
    const { access } = await signIn();
    const now = Math.floor(server.clock.now().getTime() / 1000);
    const [head = '', payload = '', signature = ''] = access.split('.');
    const other = await signIn();
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const broken: Record<string, string> = {
      nothing: '',
      'no token': 'garbage',
      'two parts': `${head}.${payload}`,
      unsigned: `${none}.${payload}.`,
      'another signature': `${head}.${payload}.${other.access.split('.')[2]}`,
      'a cut signature': `${head}.${payload}.${signature.slice(0, -4)}`,
      'too long': `${head}.${payload}${'A'.repeat(17_000)}.${signature}`,
      'another type': await forge(server, access, {}, { typ: 'rt+jwt' }),
      'no type': await forge(server, access, {}, { typ: undefined }),
      'a critical extension': await forge(server, access, {}, { crit: ['urn:example:x'], 'urn:example:x': 1 }),
      'an unknown key': await forge(server, access, {}, { kid: 'nobody' }),
      'no key': await forge(server, access, {}, { kid: undefined }),
      'another issuer': await forge(server, access, { iss: 'https://elsewhere.example' }),
      'another audience': await forge(server, access, { aud: ['librechat'] }),
      'no audience': await forge(server, access, { aud: undefined }),
      'not begun': await forge(server, access, { nbf: now + 60 }),
      'from the future': await forge(server, access, { iat: now + 60 }),
      'no end': await forge(server, access, { exp: undefined }),
      'no session': await forge(server, access, { sid: undefined }),
      'roles that are none': await forge(server, access, { roles: 'Admin' }),
      'no JSON': await signText(server, 'hello'),
      'no object': await signText(server, 'null'),
      'a refresh token': (await signIn()).refresh,
    };
    for (const [name, token] of Object.entries(broken))
      expect([name, await catchCode(verifier.verifyToken(token))]).toEqual([name, 'TOKEN_INVALID']);
    const good = await forge(server, access, { nbf: now + 20, iat: now + 20 }, { jku: 'https://evil.example/jwks' });
    expect((await verifier.verifyToken(good)).sid).toBe(sidOf(access));
  });

  test('whose header names another algorithm is refused, whatever it is signed by', async () => {
    const { access } = await signIn();
    const [head = '', payload, signature] = access.split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    const renamed = Buffer.from(JSON.stringify({ ...header, alg: 'HS256' })).toString('base64url');
    expect(await catchCode(verifier.verifyToken(`${renamed}.${payload}.${signature}`))).toBe('TOKEN_INVALID');
  });

  test('is good until, and not at, its end, kept or not', async () => {
    const { access } = await signIn();
    const exp = (await verifier.verifyToken(access)).exp ?? 0;
    let now = exp * 1000 - 1;
    const late = lab.open({}, { now: () => now });
    expect((await late.verifyToken(access)).exp).toBe(exp);
    now = exp * 1000;
    expect(await catchCode(late.verifyToken(access))).toBe('TOKEN_EXPIRED');
    expect(await catchCode(lab.open({}, { now: () => now }).verifyToken(access))).toBe('TOKEN_EXPIRED');
  });

  test('that was issued for longer than tokens live is cut to that', async () => {
    const { access } = await signIn();
    const iat = Math.floor(server.clock.now().getTime() / 1000) - 16 * 60;
    expect(await catchCode(verifier.verifyToken(await forge(server, access, { iat })))).toBe('TOKEN_EXPIRED');
  });

  test('for another audience is taken by whoever is that', async () => {
    const { access } = await signIn();
    const token = await forge(server, access, { aud: 'librechat' });
    expect((await lab.open({ audience: ['other', 'librechat'] }).verifyToken(token)).sid).toBe(sidOf(access));
    expect(await catchCode(lab.open({ audience: 'librechat' }).verifyToken(access))).toBe('TOKEN_INVALID');
  });
});

describe('what changes is known soon, of kept tokens too:', () => {
  test('a session that ended', async () => {
    const { access } = await signIn();
    await verifier.verifyToken(access);
    await server.rest('POST', '/auth/logout', { token: access });
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(access))).toBe('SESSION_REVOKED'), soon);
  });

  test('a person who was given a role, and one who was disabled', async () => {
    const { user, access } = await signIn();
    await verifier.verifyToken(access);
    await act('POST', `/users/${user.id}/roles`, { role_id: server.roleId('Editor') });
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(access))).toBe('TOKEN_STALE'), soon);
    const fresh = (await server.signIn(user)).access;
    expect((await verifier.verifyToken(fresh)).roles).toEqual(expect.arrayContaining(['User', 'Editor']));
    await act('POST', `/users/${user.id}/status`, { status: 'inactive' });
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(fresh))).toBe('SESSION_REVOKED'), soon);
  });

  test('a role whose rights changed, and one that is not known', async () => {
    const { access } = await signIn('Author');
    await verifier.verifyToken(access);
    const roles = server.deps.database.db.collection('roles');
    const role = await roles.findOne({ name: 'Author' });
    await roles.updateOne({ name: 'Author' }, { $set: { rights_version: Number(role?.['rights_version']) + 5 } });
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyToken(access))).toBe('TOKEN_STALE'), soon);
    const unknown = await forge(server, (await signIn()).access, { roles: ['User', 'Nobody'] });
    expect(await catchCode(verifier.verifyToken(unknown))).toBe('TOKEN_STALE');
  });

  test('an application’s own token: its scopes, its secret, its end', async () => {
    const client = await createClient(server, lab.admin, { scopes: ['users:read', 'rbac:check'] });
    const token = await getClientToken(server, client);
    const told = {
      kind: 'client',
      client_id: client.id,
      scopes: ['users:read', 'rbac:check'],
      exp: expect.any(Number),
    };
    await vi.waitFor(async () => expect(await verifier.verifyClient(token)).toEqual(told), soon);
    expect(await catchCode(verifier.verifyToken(token))).toBe('TOKEN_INVALID');
    expect(await catchCode(verifier.verifyClient((await signIn()).access))).toBe('TOKEN_INVALID');
    await act('POST', `/clients/${client.id}/rotate-secret`, { keep_old_for: 0 });
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyClient(token))).toBe('TOKEN_STALE'), soon);
    await act('DELETE', `/clients/${client.id}`);
    await vi.waitFor(async () => expect(await catchCode(verifier.verifyClient(token))).toBe('SESSION_REVOKED'), soon);
  });
});

describe('permissions', () => {
  test('of whoever was verified, decided here', async () => {
    const { access } = await signIn('Admin');
    const { access: reader } = await signIn();
    const user = await verifier.verifyToken(access);
    lab.sent.length = 0;
    expect(await verifier.checkPermission(user, 'User', 'read')).toBe(true);
    expect(await verifier.checkPermission({ token: access }, 'knowledge_base', 'create')).toBe(true);
    expect(await verifier.checkPermission({ token: reader }, 'user', 'READ')).toBe(false);
    expect(await verifier.checkPermission({ id: 'x', permissions: ['tag:MANAGE'] }, 'tag', 'CREATE')).toBe(true);
    expect(lab.sent).toEqual([]);
    await server.rest('POST', '/auth/logout', { token: access });
    await vi.waitFor(
      async () => expect(await catchCode(verifier.checkPermission(user, 'user', 'READ'))).toBe('SESSION_REVOKED'),
      soon,
    );
  });

  test('that a token does not carry are asked for', async () => {
    const { access } = await signIn('Editor');
    const token = await forge(server, access, { permissions: undefined });
    const user = await verifier.verifyToken(token);
    expect(user.permissions).toBeNull();
    lab.sent.length = 0;
    expect(await verifier.checkPermission(user, 'knowledge', 'PUBLISH')).toBe(true);
    expect(await verifier.checkPermission(user, 'role', 'MANAGE')).toBe(false);
    expect(lab.sent).toEqual(['/trpc/auth.verify']);
  });

  test('of a user’s id, and who they are, asked as the client', async () => {
    const { user } = await signIn('Editor');
    expect(await verifier.checkPermission(user.id, 'knowledge', 'PUBLISH')).toBe(true);
    expect(await verifier.checkPermission(user.id, 'role', 'MANAGE')).toBe(false);
    const info = await verifier.getUserInfo(user.id);
    expect([info.username, info.created_at]).toEqual([user.username, expect.any(Date)]);
    expect(JSON.stringify(await verifier.getUserPermissions(user.id))).toContain('PUBLISH');
    expect(await catchCode(verifier.getUserInfo('0'.repeat(24)))).toBe('NOT_FOUND');
  });
});

test('an API key is asked for, and the answer kept for two seconds', async () => {
  const { user, access } = await signIn('Admin');
  const made = await server.rest('POST', '/auth/api-keys', {
    token: access,
    body: { name: 'nightly', scopes: ['user:READ'] },
  });
  let now = 0;
  const own = lab.open({}, { monotonic: () => now });
  lab.sent.length = 0;
  const verified = await own.verifyToken(made.body.key);
  expect(verified).toEqual({
    kind: 'api_key',
    id: user.id,
    username: user.username,
    email: user.email,
    email_verified: true,
    roles: [],
    permissions: ['user:READ'],
    sid: null,
    exp: null,
    amr: [],
    auth_time: null,
  });
  expect(await own.checkPermission(verified, 'user', 'READ')).toBe(true);
  expect(await own.checkPermission(verified, 'user', 'MANAGE')).toBe(false);
  expect(lab.sent).toEqual(['/trpc/auth.verify']);
  await server.rest('DELETE', `/auth/api-keys/${made.body.api_key.id}`, { token: access });
  now += 2_000;
  expect(await catchCode(own.verifyToken(made.body.key))).toBe('TOKEN_INVALID');
  expect(await catchCode(own.verifyToken('ac_garbage'))).toBe('TOKEN_INVALID');
  expect(lab.sent).toEqual(['/trpc/auth.verify', '/trpc/auth.verify']);
});
