// Grants that expire: every door flips at the same instant, and not a moment sooner.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestClock, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { catchCode, openVerifierLab, type VerifierLab } from '../../support/verifiers.ts';

/** A clock that stands still but for being moved: the last millisecond before an instant can be looked at. */
function createStoppedClock(): TestClock & { moveTo(instant: Date): void } {
  let at = Math.floor(Date.now() / 1000) * 1000;
  return {
    now: () => new Date(at),
    advance: (ms) => {
      at += ms;
    },
    moveTo: (instant) => {
      at = instant.getTime();
    },
  };
}

const clock = createStoppedClock();
const end = new Date(clock.now().getTime() + 5 * 60_000);
const lastMoment = new Date(end.getTime() - 1);
const justAfter = new Date(end.getTime() + 1);

let server: TestServer;
let admin: string;
let user: TestUser;
let tokens: Tokens;
/** Of the user's, for a program that may delete. */
let key: string;
let lab: VerifierLab;
let verifier: ReturnType<VerifierLab['open']>;
beforeAll(async () => {
  server = await startTestServer({ clock });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  user = await server.createUser([{ name: 'User' }]);
  await server.rest('POST', `/users/${user.id}/roles`, {
    token: admin,
    // Kept in whole seconds: what lies beyond is cut off.
    body: { role_id: server.roleId('Editor'), expires_at: new Date(end.getTime() + 999) },
  });
  tokens = await server.signIn(user);
  const scopes = ['knowledge:DELETE', 'knowledge:READ'];
  const body = { name: 'Sync', scopes, expires_at: null };
  key = (await server.rest('POST', '/auth/api-keys', { token: tokens.access, body })).body.key;
  lab = await openVerifierLab(server);
  verifier = lab.open();
  await verifier.ready();
});
afterAll(async () => {
  lab.close();
  await server.close();
});

const pair = { resource: 'knowledge', action: 'DELETE' };

/** What each door says of the grant. */
async function ask() {
  const post = async (path: string, body: unknown, token?: string) =>
    (await server.rest('POST', path, { body, token })).body;
  const asked = { user_id: user.id, ...pair };
  const get = async (path: string, token: string) => {
    const { status, body } = await server.rest('GET', path, { token });
    return status === 200 ? body : body.code;
  };
  const forward = `/auth/forward?${new URLSearchParams(pair)}`;
  const readLocally = () => verifier.verifyToken(tokens.access);
  const permissions = (await server.rest('GET', `/users/${user.id}/permissions`, { token: admin })).body;
  return {
    check: await post('/rbac/check', asked, admin),
    checkMany: (await post('/rbac/check-many', { checks: [asked] }, admin)).results[0],
    verify: await post('/auth/verify', { token: tokens.access, ...pair }),
    own: await post('/rbac/check', pair, tokens.access),
    me: (await get('/auth/me', tokens.access)).roles ?? 'none',
    forward: (await get(forward, tokens.access)).user_id ?? 'none',
    key: (await post('/auth/verify', { token: key, ...pair })).allowed,
    ofKey: (await get('/auth/me', key)).permissions,
    forwardedKey: (await get(forward, key)).user_id ?? 'none',
    service: [
      await catchCode(readLocally()),
      await readLocally().then(
        (one) => verifier.checkPermission(one, 'knowledge', 'DELETE'),
        () => false,
      ),
    ],
    roles: permissions.roles.map(({ name }: { name: string }) => name),
    permissions: permissions.permissions.map(({ name }: { name: string }) => name),
    holders: (await server.rest('GET', '/users?role=Editor', { token: admin })).body.items.map(
      ({ id }: { id: string }) => id,
    ),
  };
}

test('until the last moment every door counts it, and at its end none does', async () => {
  clock.moveTo(lastMoment);
  const before = await ask();
  expect(before).toMatchObject({
    check: { allowed: true, reason: 'granted' },
    checkMany: { allowed: true, reason: 'granted' },
    verify: { valid: true, allowed: true },
    own: { allowed: true, reason: 'granted' },
    me: ['User', 'Editor'],
    forward: user.id,
    key: true,
    ofKey: ['knowledge:DELETE', 'knowledge:READ'],
    forwardedKey: user.id,
    service: ['no error', true],
    roles: ['User', 'Editor'],
    holders: [user.id],
  });
  expect(before.permissions).toContain('KNOWLEDGE_DELETE');

  for (const instant of [end, justAfter]) {
    clock.moveTo(instant);
    const after = await ask();
    expect(after).toMatchObject({
      check: { allowed: false, reason: 'grant_expired' },
      checkMany: { allowed: false, reason: 'grant_expired' },
      verify: { valid: false, allowed: false, reason: 'TOKEN_EXPIRED' },
      own: { status: 401, code: 'TOKEN_EXPIRED' },
      me: 'none',
      forward: 'none',
      key: false,
      ofKey: ['knowledge:READ'],
      forwardedKey: 'none',
      service: ['TOKEN_EXPIRED', false],
      roles: ['User'],
      holders: [],
    });
    expect(after.permissions).not.toContain('KNOWLEDGE_DELETE');
  }
});

test('a token ends with it, and the next one goes without', async () => {
  expect(decodeJwt(tokens.access).exp).toBe(end.getTime() / 1000);
  clock.moveTo(lastMoment);
  const early = await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
  expect(early.body.user.roles).toEqual(['User', 'Editor']);
  expect([early.body.expires_in, decodeJwt(early.body.access_token).exp]).toEqual([1, end.getTime() / 1000]);
  clock.moveTo(end);
  const late = await server.rest('POST', '/auth/refresh', { body: { refresh_token: early.body.refresh_token } });
  expect(late.body.user.roles).toEqual(['User']);
  expect(late.body.user.permissions).not.toContain('knowledge:DELETE');
  expect(decodeJwt(late.body.access_token).exp).toBe(end.getTime() / 1000 + 900);
});

test('one that has expired can be made anew, and needs a date that lies ahead', async () => {
  clock.moveTo(end);
  const grant = (expires_at: Date) =>
    server.rest('POST', `/users/${user.id}/roles`, {
      token: admin,
      body: { role_id: server.roleId('Editor'), expires_at },
    });
  for (const past of [new Date(0), end, new Date(end.getTime() + 999)]) {
    const { status, body } = await grant(past);
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'VALIDATION_FAILED', 'expires_at']);
  }
  expect((await grant(new Date(end.getTime() + 60_000))).status).toBe(201);
  expect((await ask()).check).toEqual({ allowed: true, reason: 'granted' });
});
