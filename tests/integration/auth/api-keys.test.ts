// API keys: a program acts for a person, within its scopes and what that person may do at that moment.
import { randomBytes } from 'node:crypto';
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { settle } from '../../support/instances.ts';
import { readMails, tokenOf } from '../../support/mailbox.ts';
import { forgetPassword, resetPassword } from '../../support/passwords.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';

const DAY = 86_400_000;
let server: TestServer;
let other: TestServer;
let admin: string;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  await renewAdmin();
});
afterAll(async () => {
  await other.close();
  await server.close();
});

async function renewAdmin() {
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
}

interface Owner {
  readonly user: TestUser;
  readonly token: string;
}
async function signIn(...roles: string[]): Promise<Owner> {
  const user = await server.createUser(roles.map((name) => ({ name })));
  return { user, token: (await server.signIn(user)).access };
}
const create = ({ token }: Owner, fields: object = {}) =>
  server.rest('POST', '/auth/api-keys', { token, body: { name: '夜间同步', scopes: ['user:READ'], ...fields } });
const makeKey = async (owner: Owner, scopes = ['user:READ'], fields: object = {}): Promise<string> =>
  (await create(owner, { scopes, ...fields })).body.key;
const listUsers = (token: string, on = server) => on.rest('GET', '/users?limit=1', { token });
const verify = async (token: string, fields: object = {}, on = server) =>
  (await on.rest('POST', '/auth/verify', { body: { token, ...fields } })).body;
const list = async ({ token }: Owner) => (await server.rest('GET', '/auth/api-keys', { token })).body.items;

describe('a key', () => {
  test('is shown once; of it only a hash is kept', async () => {
    const owner = await signIn('Admin');
    const { status, body } = await create(owner);
    expect(status).toBe(201);
    expect(body).toEqual({
      key: expect.stringMatching(/^ac_[0-9a-f]{12}_[\w-]{43}$/),
      api_key: {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        name: '夜间同步',
        prefix: body.key.slice(0, 15),
        scopes: ['user:READ'],
        created_at: expect.any(String),
        expires_at: expect.any(String),
        last_used_at: null,
      },
    });
    expect(Date.parse(body.api_key.expires_at) - Date.parse(body.api_key.created_at)).toBe(90 * DAY);
    expect(await list(owner)).toEqual([body.api_key]);
    const { db } = server.deps.database;
    for (const name of ['api_keys', 'audit_logs'])
      expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain(body.key.slice(20));
  });

  test('takes scopes by name or pair, in any case, each once', async () => {
    const { body } = await create(await signIn('Admin'), {
      scopes: ['KNOWLEDGE_READ', 'Knowledge_Base:read', 'user:read'],
    });
    expect(body.api_key.scopes).toEqual(['knowledge:READ', 'user:READ']);
  });

  test.each([
    ['nothing to do', { scopes: [] }, 'scopes'],
    ['a scope that is none', { scopes: ['knowledge:READ', 'everything'] }, 'scopes.1'],
    ['a scope that its owner does not have', { scopes: ['role:MANAGE'] }, 'scopes.0'],
    ['an end that is past', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['no name', { name: ' ' }, 'name'],
  ])('is not made with %s', async (_, fields, path) => {
    const owner = await signIn('Author');
    const { status, body } = await create(owner, { scopes: ['knowledge:READ'], ...fields });
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', path]);
    expect(await list(owner)).toEqual([]);
  });

  test('is made after a fresh proof, and by no key', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner);
    expect((await create({ ...owner, token: key })).body.permission).toBe('session');
    server.clock.advance(11 * 60_000);
    expect((await create(owner)).body.code).toBe('STEP_UP_REQUIRED');
    await renewAdmin();
  });

  test('is not made before an address is proven: whose account it is, is not known yet', async () => {
    const email = `${randomBytes(5).toString('hex')}@example.com`;
    const body = { username: `u_${randomBytes(5).toString('hex')}`, email, password: 'correct horse battery' };
    const { body: registered } = await server.rest('POST', '/auth/register', { body });
    const owner = { user: { ...body, id: registered.user.id }, token: registered.access_token };
    const { status, body: refused } = await create(owner, { scopes: ['knowledge:READ'] });
    expect([status, refused.code]).toEqual([403, 'EMAIL_NOT_VERIFIED']);
  });

  test('is told of to its owner', async () => {
    const owner = await signIn('Admin');
    await create(owner);
    await settle([server, other]);
    expect((await readMails(server, owner.user.email))[0]?.text).toMatch(
      /An API key of your account .* has been added/,
    );
  });

  test('of another is not there', async () => {
    const [mine, theirs] = [await signIn('Admin'), await signIn('Admin')];
    const { body } = await create(theirs);
    const { status } = await server.rest('DELETE', `/auth/api-keys/${body.api_key.id}`, { token: mine.token });
    expect([status, await list(mine)]).toEqual([404, []]);
    expect((await listUsers(body.key)).status).toBe(200);
  });

  test('tells when it was last used', async () => {
    const owner = await signIn('Admin');
    await listUsers(await makeKey(owner));
    await vi.waitFor(async () => expect((await list(owner))[0].last_used_at).not.toBeNull(), soon);
  });
});

describe('what it may do', () => {
  test('is what its scopes name, and no more', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner);
    expect((await listUsers(key)).status).toBe(200);
    expect((await server.rest('GET', '/roles', { token: key })).body.permission).toBe('role:READ');
    expect((await server.rest('GET', '/auth/sessions', { token: key })).body.permission).toBe('session');
    expect((await server.trpc('users.list', {}, { token: key })).status).toBe(200);
  });

  test('MANAGE covers each action; a narrower scope narrows it', async () => {
    const owner = await signIn('Admin');
    const [wide, narrow] = [await makeKey(owner, ['user:MANAGE']), await makeKey(owner, ['user:READ'])];
    const { id } = await server.createUser();
    const rename = (token: string) =>
      server.rest('PUT', `/users/${id}`, { token, body: { profile: { department: '研发部' } } });
    expect([(await rename(wide)).status, (await rename(narrow)).body.permission]).toEqual([200, 'user:UPDATE']);
    expect((await verify(wide)).user.permissions).toEqual(['user:MANAGE']);
    expect((await verify(narrow)).user.permissions).toEqual(['user:READ']);
  });

  test('ends with its owner’s right, everywhere and at once', async () => {
    const owner = await signIn('User', 'Admin');
    const key = await makeKey(owner);
    expect([(await listUsers(key)).status, (await listUsers(key, other)).status]).toEqual([200, 200]);
    const path = `/users/${owner.user.id}/roles/${server.roleId('Admin')}`;
    expect((await server.rest('DELETE', path, { token: admin })).status).toBe(204);
    expect((await listUsers(key)).body.code).toBe('PERMISSION_DENIED');
    await vi.waitFor(async () => expect((await listUsers(key, other)).body.code).toBe('PERMISSION_DENIED'), soon);
  });

  test('ends at the instant its owner’s grant does', async () => {
    const until = new Date(Math.ceil(server.clock.now().getTime() / 1000) * 1000 + 60_000);
    const user = await server.createUser([{ name: 'Admin', expires_at: until }]);
    const key = await makeKey({ user, token: (await server.signIn(user)).access });
    server.clock.advance(until.getTime() - server.clock.now().getTime() - 400);
    expect((await listUsers(key)).status).toBe(200);
    server.clock.advance(400);
    expect((await listUsers(key)).body.code).toBe('PERMISSION_DENIED');
    await renewAdmin();
  });

  test('gives away nothing beyond its scopes, though its owner could', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner, ['role:MANAGE']);
    const { id } = await server.createUser();
    const grant = (role: string) =>
      server.rest('POST', `/users/${id}/roles`, { token: key, body: { role_id: server.roleId(role) } });
    for (const role of ['Editor', 'Admin']) expect((await grant(role)).body.code).toBe('PERMISSION_DENIED');
  });

  test('never is what demands a person’s presence', async () => {
    const owner = await signIn('Admin');
    const { body } = await server.rest('GET', '/auth/me', { token: owner.token });
    const key = await makeKey(owner, body.permissions);
    const { id } = await server.createUser();
    for (const [method, path, input] of [
      ['POST', '/clients', { name: 'Mine', kind: 'service' }],
      ['PUT', `/users/${id}`, { email: 'mine@example.com' }],
      ['POST', `/users/${id}/roles`, { role_id: server.roleId('Admin') }],
      ['POST', '/auth/step-up', { password: owner.user.password }],
      ['POST', '/auth/mfa/enroll', {}],
      ['POST', '/auth/logout-all', undefined],
    ] as const) {
      const answer = await server.rest(method, path, { token: key, body: input });
      expect([path, answer.status, answer.body.permission]).toEqual([path, 403, 'session']);
    }
  });

  test('is written down as the key’s act', async () => {
    const owner = await signIn('Admin');
    const { body } = await create(owner, { scopes: ['user:UPDATE'] });
    const { id } = await server.createUser();
    await server.rest('PUT', `/users/${id}`, { token: body.key, body: { profile: { position: '会计' } } });
    const record = await server.deps.database.db.collection('audit_logs').findOne({ 'target.id': id });
    expect(record?.['actor']).toEqual({ kind: 'api_key', id: owner.user.id, sid: null, key_id: body.api_key.id });
  });
});

describe('whose it is', () => {
  test('auth.me and auth.verify tell, with the key’s rights and no roles', async () => {
    const owner = await signIn('Editor');
    const key = await makeKey(owner, ['knowledge:READ', 'knowledge:PUBLISH']);
    const me = (await server.rest('GET', '/auth/me', { token: key })).body;
    const permissions = ['knowledge:PUBLISH', 'knowledge:READ'];
    expect(me).toMatchObject({ id: owner.user.id, roles: [], permissions });
    const { id, username, email } = owner.user;
    const publish = { resource: 'knowledge', action: 'PUBLISH' };
    expect(await verify(key, publish)).toEqual({
      valid: true,
      allowed: true,
      user: { id, username, email, email_verified: true, roles: [], permissions },
    });
    expect((await verify(key, { resource: 'tag', action: 'CREATE' })).allowed).toBe(false);
    const { headers } = await server.rest('GET', '/auth/forward?resource=knowledge&action=PUBLISH', { token: key });
    expect([headers.get('x-auth-user-id'), headers.get('x-auth-roles')]).toEqual([id, '']);
    // By its owner's id alone an application would let it do whatever they may.
    expect((await server.rest('GET', '/auth/forward', { token: key })).body.permission).toBe('session');
  });
});

describe('is no more', () => {
  const expectGone = async (key: string, code = 'TOKEN_INVALID') => {
    const { status, body, headers } = await listUsers(key);
    expect([status, body.code]).toEqual([401, code]);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    await vi.waitFor(async () => expect((await listUsers(key, other)).body.code).toBe(code), soon);
  };

  test('when it is revoked', async () => {
    const owner = await signIn('Admin');
    const { body } = await create(owner);
    expect([(await listUsers(body.key)).status, (await listUsers(body.key, other)).status]).toEqual([200, 200]);
    const path = `/auth/api-keys/${body.api_key.id}`;
    expect((await server.rest('DELETE', path, { token: owner.token })).status).toBe(204);
    await expectGone(body.key);
    expect(await verify(body.key)).toEqual({ valid: false, allowed: false });
    expect((await server.rest('DELETE', path, { token: owner.token })).status).toBe(404);
  });

  test('when its owner is disabled; and again when they are back', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner);
    expect((await listUsers(key)).status).toBe(200);
    const setStatus = (status: string) =>
      server.rest('POST', `/users/${owner.user.id}/status`, { token: admin, body: { status } });
    await setStatus('inactive');
    await expectGone(key);
    await setStatus('active');
    await vi.waitFor(async () => expect((await listUsers(key)).status).toBe(200), soon);
  });

  test('when its owner has the password reset, whoever made it', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner);
    expect((await listUsers(key)).status).toBe(200);
    await forgetPassword(server, { email: owner.user.email });
    await settle([server, other]);
    const token = tokenOf((await readMails(server, owner.user.email))[0]);
    expect((await resetPassword(server, { token })).status).toBe(204);
    await expectGone(key);
  });

  test('while its owner is leaving', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner);
    expect((await server.rest('DELETE', '/auth/account', { token: owner.token })).status).toBe(202);
    await expectGone(key);
    await server.signIn(owner.user);
    await vi.waitFor(async () => expect((await listUsers(key)).status).toBe(200), soon);
  });

  test('when its time is over', async () => {
    const owner = await signIn('Admin');
    const ends = server.clock.now().getTime() + 60_000;
    const [key, lasting] = [
      await makeKey(owner, ['user:READ'], { expires_at: new Date(ends) }),
      await makeKey(owner, ['user:READ'], { expires_at: null }),
    ];
    expect((await listUsers(key)).status).toBe(200);
    server.clock.advance(60_000);
    await expectGone(key, 'TOKEN_EXPIRED');
    expect(await verify(key)).toEqual({ valid: false, allowed: false, reason: 'TOKEN_EXPIRED' });
    server.clock.advance(400 * DAY);
    expect((await listUsers(lasting)).status).toBe(200);
    await renewAdmin();
  });

  test.each(['ac_', 'ac_0123456789ab', `ac_0123456789ab_${'x'.repeat(43)}`, `ac_${'x'.repeat(9000)}`])(
    'nor ever was: %.40s',
    async (key) => expectGone(key),
  );

  test('with one character changed', async () => {
    const key = await makeKey(await signIn('Admin'));
    await expectGone(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`);
  });

  test('a session of the same owner is not touched by it', async () => {
    const owner = await signIn('Admin');
    const key = await makeKey(owner);
    await server.rest('POST', '/auth/logout', { token: key });
    expect([(await listUsers(key)).status, (await listUsers(owner.token)).status]).toEqual([200, 200]);
  });
});

test('of many made at once no more than a hundred come to be', async () => {
  const owner = await signIn('Admin');
  const answers = await Promise.all(Array.from({ length: 104 }, () => create(owner)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(100);
  expect(answers.filter(({ body }) => body.code === 'VALIDATION_FAILED')).toHaveLength(4);
}, 60_000);

test('keys whose time is over make room for new ones', async () => {
  const { user, token } = await signIn('Admin');
  const ends = new Date(server.clock.now().getTime() + DAY).toISOString();
  await create({ user, token }, { expires_at: ends });
  const keys = server.deps.database.db.collection('api_keys');
  const one = await keys.findOne({ user_id: new ObjectId(user.id) });
  const newPrefix = () => `ac_${randomBytes(6).toString('hex')}`;
  await keys.insertMany(Array.from({ length: 99 }, () => ({ ...one, _id: new ObjectId(), prefix: newPrefix() })));
  expect((await create({ user, token })).body.code).toBe('VALIDATION_FAILED');
  server.clock.advance(DAY);
  const { access } = await server.signIn(user);
  expect((await create({ user, token: access })).status).toBe(201);
});
