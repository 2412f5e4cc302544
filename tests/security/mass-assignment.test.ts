// Fields that a caller may not set, sent along: refused by name, and without effect.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let user: TestUser;
let mine: string;
let admin: string;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.createUser();
  mine = (await server.signIn(user)).access;
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(() => server.close());

/** Fields of stored users, and what other systems call them. */
const FIELDS: readonly [string, unknown][] = [
  ['_id', '0'.repeat(24)],
  ['user_id', '0'.repeat(24)],
  ['roles', ['Admin']],
  ['role', 'Admin'],
  ['role_ids', ['0'.repeat(24)]],
  ['is_admin', true],
  ['permissions', ['user:MANAGE']],
  ['status', 'active'],
  ['email_verified', true],
  ['phone_verified', true],
  ['password_hash', '$2b$12$abcdefghijklmnopqrstuv'],
  ['password_scheme', 'bcrypt'],
  ['security', { token_epoch: -1 }],
  ['token_epoch', -1],
  ['login_history', { login_count: 1000 }],
  ['unverified_until', null],
  ['created_at', '2000-01-01T00:00:00.000Z'],
  ['$set', { status: 'active' }],
  ['profile.name', 'dotted'],
];

function expectUnknownField({ status, body }: RestAnswer, path: string): void {
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
  expect(body.errors).toContainEqual({ path, message: 'is not a known field' });
}
const overTrpc = ({ status, body }: RestAnswer): RestAnswer => ({
  status,
  headers: new Headers(),
  body: body.error?.json.data ?? body,
});

describe.each(FIELDS)('%s', (field, value) => {
  test('when registering', async () => {
    const tag = randomBytes(5).toString('hex');
    const body = {
      username: `m_${tag}`,
      email: `${tag}@example.com`,
      password: 'correct horse battery',
      [field]: value,
    };
    expectUnknownField(await server.rest('POST', '/auth/register', { body }), field);
    expectUnknownField(overTrpc(await server.trpc('auth.register', body)), field);
    expect(await server.deps.users.findByLogin({ username: body.username })).toBeNull();
  });

  test('when editing oneself, or as an administrator', async () => {
    const before = await server.deps.users.findById(user.id);
    for (const token of [mine, admin]) {
      const body = { profile: { name: 'changed' }, [field]: value };
      expectUnknownField(await server.rest('PUT', `/users/${user.id}`, { token, body }), field);
      expectUnknownField(overTrpc(await server.trpc('users.update', { id: user.id, ...body }, { token })), field);
    }
    expect(await server.deps.users.findById(user.id)).toEqual(before);
  });
});

test('unknown fields inside the profile', async () => {
  for (const field of ['role', 'is_admin', '$set']) {
    const body = { profile: { [field]: 'x' } };
    expectUnknownField(await server.rest('PUT', `/users/${user.id}`, { token: mine, body }), `profile.${field}`);
  }
});

test.each(['username', 'email', 'phone'])('oneself may not change %s', async (field) => {
  const body = { [field]: { username: 'another.name', email: 'another@example.com', phone: '13800138000' }[field] };
  const { status, body: answer } = await server.rest('PUT', `/users/${user.id}`, { token: mine, body });
  expect([status, answer.code, answer.permission]).toEqual([403, 'PERMISSION_DENIED', 'user:UPDATE']);
});

test('signing in, refreshing and granting take no fields beyond theirs', async () => {
  const { email, password } = user;
  for (const field of ['user_id', 'roles', 'auth_methods', 'session_id', 'expires_at', 'client_id'])
    expectUnknownField(await server.rest('POST', '/auth/login', { body: { email, password, [field]: 'x' } }), field);
  const { refresh } = await server.signIn(user);
  for (const field of ['user_id', 'roles', 'refresh_transport'])
    expectUnknownField(
      await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh, [field]: 'cookie' } }),
      field,
    );
  for (const field of ['granted_by', 'granted_at', 'role_name'])
    expectUnknownField(
      await server.rest('POST', `/users/${user.id}/roles`, {
        token: admin,
        body: { role_id: server.roleId('Author'), [field]: 'x' },
      }),
      field,
    );
});

test('the id stands in the path alone', async () => {
  const other = await server.createUser();
  const body = { id: other.id, profile: { name: 'not mine' } };
  const { status, body: answer } = await server.rest('PUT', `/users/${user.id}`, { token: mine, body });
  expect([status, answer.code]).toEqual([400, 'VALIDATION_FAILED']);
  expect((await server.deps.users.findById(other.id))?.profile.name).toBeNull();
});

test('answers hold what their schema names, and nothing of what is stored besides', async () => {
  const answers = [
    await server.rest('GET', `/users/${user.id}`, { token: admin }),
    await server.rest('GET', '/users', { token: admin }),
    await server.rest('GET', '/auth/me', { token: mine }),
    await server.rest('GET', '/auth/sessions', { token: mine }),
    await server.rest('PUT', `/users/${user.id}`, { token: mine, body: { profile: { name: '李雷' } } }),
    await server.rest('GET', '/roles', { token: admin }),
  ];
  const stored = await server.deps.users.findById(user.id);
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    const text = JSON.stringify(body);
    expect(text).not.toContain(stored?.password_hash);
    expect(text).not.toMatch(/"(_id|password_hash|password_scheme|security|token_epoch|last_ip|session_id|named_at)"/);
  }
});
