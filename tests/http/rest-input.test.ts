// The REST door: how bodies, queries and paths become input, and which status success has.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request, sendRaw } from '../support/doors.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let token: string;
let admin: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.createUser([{ name: 'Admin' }]);
  token = (await server.signIn(admin)).access;
});
afterAll(() => server.close());

const code = ({ status, body }: { status: number; body: { code?: string } | null }) => [status, body?.code];
const fields = ({ body }: { body: { errors?: { path: string }[] } }) => body.errors?.map(({ path }) => path);

describe('queries', () => {
  test('numbers, booleans and names are read by the schema', async () => {
    const { status, body } = await server.rest('GET', '/users?limit=1&with_total=true&sort=username', { token });
    expect(status).toBe(200);
    expect(body.items).toHaveLength(1);
    expect(body.total).toBe(1 + 1);
    expect((await server.rest('GET', '/users?with_total=false', { token })).body).not.toHaveProperty('total');
  });

  test.each([
    ['limit=one', 'limit'],
    ['limit=', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1e9', 'limit'],
    ['limit=0x10', 'limit', 200],
    ['limit=1&limit=2', 'limit'],
    ['with_total=yes', 'with_total'],
    ['with_total=1', 'with_total'],
    ['with_total=', 'with_total'],
    ['with_total=TRUE', 'with_total'],
    ['sort=created_at&sort=username', 'sort'],
    ['sort=password_hash', 'sort'],
    ['status[$ne]=active', 'status[$ne]'],
    ['cursor=x', 'cursor'],
    ['search=', 'search'],
    ['search=%00', 'search'],
    [`search=${'x'.repeat(101)}`, 'search'],
    ['unknown=1', 'unknown'],
    ['constructor=1', ''],
    ['__proto__=1', ''],
    ['__proto__[admin]=1', '__proto__[admin]'],
  ])('?%s is refused at %s', async (query, field, expected = 400) => {
    const answer = await server.rest('GET', `/users?${query}`, { token });
    if (expected === 200) return expect(answer.status).toBe(200);
    expect(code(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(fields(answer)).toContain(field);
  });

  test('text that looks like a number stays text where text is wanted', async () => {
    await server.createUser([{ name: 'User' }], { username: '42.0' });
    const { body } = await server.rest('GET', '/users?search=42.0', { token });
    expect(body.items.map(({ username }: { username: string }) => username)).toEqual(['42.0']);
  });

  test('reading a query leaves the schema as strict as it was for everybody else', async () => {
    expect((await server.rest('GET', '/users?with_total=false&limit=5', { token })).status).toBe(200);
    expect((await server.trpc('users.list', { with_total: 'false' }, { token })).body.error.json.data.code).toBe(
      'VALIDATION_FAILED',
    );
    expect((await server.trpc('users.list', { limit: '5' }, { token })).status).toBe(400);
    expect((await server.trpc('users.list', { limit: 5, with_total: false }, { token })).status).toBe(200);
    const body = { role_id: server.roleId('Author'), expires_at: '2126-01-01T00:00:00Z' };
    const target = await server.createUser();
    expect((await server.rest('POST', `/users/${target.id}/roles`, { token, body })).status).toBe(201);
    const asText = await server.trpc('users.assignRole', { id: target.id, ...body }, { token });
    expect(asText.body.error.json.data.errors).toMatchObject([{ path: 'expires_at' }]);
  });

  test('nothing stands in the query of a call with a body', async () => {
    const answer = await server.rest('POST', `/users/${admin.id}/status?status=inactive`, {
      token,
      body: { status: 'active' },
    });
    expect([...code(answer), ...(fields(answer) ?? [])]).toEqual([400, 'VALIDATION_FAILED', 'status']);
    const alone = await server.rest('POST', `/auth/login?email=${admin.email}&password=${admin.password}`);
    expect(code(alone)).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('paths', () => {
  test('are percent-decoded', async () => {
    const encoded = [...admin.id].map((digit) => `%${digit.charCodeAt(0).toString(16)}`).join('');
    const { status, body } = await server.rest('GET', `/users/${encoded}`, { token });
    expect([status, body.id]).toEqual([200, admin.id]);
  });

  test('a decoded slash does not reach another route', async () => {
    const answer = await server.rest('GET', `/users/${admin.id}%2Fpermissions`, { token });
    expect([...code(answer), ...(fields(answer) ?? [])]).toEqual([400, 'VALIDATION_FAILED', 'id']);
  });

  test('ids are read in any case, and nothing else is an id', async () => {
    expect((await server.rest('GET', `/users/${admin.id.toUpperCase()}`, { token })).body.id).toBe(admin.id);
    for (const id of ['me', 'x'.repeat(24), admin.id.slice(1), `${admin.id}0`, '%00', '$ne', '__proto__'])
      expect(code(await server.rest('GET', `/users/${id}`, { token }))).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('a parameter of the path stands nowhere else', async () => {
    const other = await server.createUser();
    const body = { id: other.id, profile: { name: 'x' } };
    const inBody = await server.rest('PUT', `/users/${admin.id}`, { token, body });
    expect([...code(inBody), ...(fields(inBody) ?? [])]).toEqual([400, 'VALIDATION_FAILED', 'id']);
    const inQuery = await server.rest('GET', `/users/${admin.id}?id=${other.id}`, { token });
    expect([...code(inQuery), ...(fields(inQuery) ?? [])]).toEqual([400, 'VALIDATION_FAILED', 'id']);
    const inDelete = await server.rest('DELETE', `/users/${admin.id}/roles/${server.roleId('User')}?role_id=x`, {
      token,
    });
    expect(fields(inDelete)).toEqual(['role_id']);
  });
});

describe('bodies', () => {
  test('fields that nobody knows are refused by name, at every depth', async () => {
    const answer = await server.rest('PUT', `/users/${admin.id}`, {
      token,
      body: { status: 'inactive', roles: [], profile: { name: 'x', admin: true } },
    });
    expect(code(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(fields(answer)?.sort()).toEqual(['profile.admin', 'roles', 'status']);
  });

  test.each([
    ['no body and no content type', undefined, {}],
    ['a content type and no body', '', { 'content-type': 'application/json' }],
    ['an empty object', '{}', { 'content-type': 'application/json' }],
    ['a content type with charset', '{}', { 'content-type': 'application/json; charset=utf-8' }],
    ['a content type in capitals', '{}', { 'content-type': 'Application/JSON' }],
  ])('%s is no input', async (_, body, headers) => {
    const answer = await server.rest('POST', '/auth/logout', { body, headers: headers as Record<string, string> });
    expect(answer.status).toBe(204);
    const wanting = await server.rest('POST', '/auth/login', { body, headers: headers as Record<string, string> });
    expect(code(wanting)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('chunks without a length are read all the same', async () => {
    const answer = await sendRaw(
      server,
      'POST /api/v1/auth/logout HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n' +
        'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  });

  test.each(['null', '[]', '"text"', '1', 'true', '[{}]'])('%s is no object', async (body) => {
    expect(code(await server.rest('POST', '/auth/login', { body }))).toEqual([400, 'VALIDATION_FAILED']);
    const answer = await server.rest('PUT', `/users/${admin.id}`, { token, body });
    expect(code(answer)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test.each([
    ['__proto__', '{"status":"active","__proto__":{"status":"inactive"}}'],
    ['constructor', '{"status":"active","constructor":{"prototype":{}}}'],
    ['prototype', '{"status":"active","prototype":1}'],
    ['__proto__ deep inside', '{"status":{"a":[{"__proto__":1}]}}'],
  ])('the key %s is refused', async (_, body) => {
    const answer = await server.rest('POST', `/users/${admin.id}/status`, { token, body });
    expect(code(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.detail).toMatch(/is not allowed/);
  });

  test('nesting over 32 levels is refused, at 32 the schema has its say', async () => {
    const nest = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const detail = async (levels: number) =>
      (await server.rest('POST', '/auth/login', { body: nest(levels) })).body.detail;
    expect(await detail(33)).toMatch(/nested deeper than 32 levels/);
    expect(await detail(32)).not.toMatch(/nested/);
    expect(code(await server.rest('POST', '/auth/login', { body: '['.repeat(1_000_000) }))[0]).toBe(400);
    const balanced = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
    expect(code(await server.rest('POST', '/auth/login', { body: balanced }))).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('of a key that stands twice neither prototype nor schema is fooled', async () => {
    const body = '{"status":"inactive","status":"nonsense"}';
    expect(code(await server.rest('POST', `/users/${admin.id}/status`, { token, body }))).toEqual([
      400,
      'VALIDATION_FAILED',
    ]);
  });

  test('a GET or DELETE with a body is refused, not obeyed', async () => {
    const { id } = await server.createUser();
    const answer = await server.rest('DELETE', `/users/${id}/roles/${server.roleId('User')}`, {
      token,
      body: { role_id: 'x' },
    });
    expect(code(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect((await server.rest('GET', `/users/${id}`, { token })).body.roles).toHaveLength(1);
  });

  test('1 MiB passes, a byte more does not', async () => {
    const frame = '{"email":""}'.length;
    const body = (length: number) => `{"email":"${'x'.repeat(length - frame)}"}`;
    expect((await server.rest('POST', '/auth/login', { body: body(1024 * 1024) })).status).toBe(400);
    expect((await server.rest('POST', '/auth/login', { body: body(1024 * 1024 + 1) })).status).toBe(413);
  });

  test('times come as ISO 8601 with an offset, and no other way', async () => {
    const target = await server.createUser();
    const grant = (expires_at: unknown) =>
      server.rest('POST', `/users/${target.id}/roles`, {
        token,
        body: { role_id: server.roleId('Editor'), expires_at },
      });
    for (const wrong of [
      'tomorrow',
      '2126-01-01',
      '2126-01-01T00:00:00',
      4_922_000_000,
      {},
      true,
      '+275761-01-01T00:00:00Z',
    ])
      expect(code(await grant(wrong))).toEqual([400, 'VALIDATION_FAILED']);
    const { status, body } = await grant('2126-01-01T08:00:00.750+08:00');
    expect([status, body.roles[1].expires_at]).toEqual([201, '2126-01-01T00:00:00.000Z']);
  });
});

describe('success', () => {
  test('201 with the user, 200 with the user, 204 with nothing, 202 with nothing', async () => {
    const { id } = await server.createUser();
    const role_id = server.roleId('Author');
    const granted = await server.rest('POST', `/users/${id}/roles`, { token, body: { role_id } });
    expect([granted.status, granted.body.id]).toEqual([201, id]);
    const set = await server.rest('POST', `/users/${id}/status`, { token, body: { status: 'locked' } });
    expect([set.status, set.body.status]).toEqual([200, 'locked']);
    const removed = await server.rest('DELETE', `/users/${id}/roles/${role_id}`, { token });
    expect([removed.status, removed.body, removed.headers.get('content-type')]).toEqual([204, null, null]);
    const sent = await server.rest('POST', '/auth/email/resend', { body: { email: 'nobody@example.com' } });
    expect([sent.status, sent.body]).toEqual([202, null]);
    const checked = await server.rest('POST', '/rbac/check', { token, body: { permission: 'SEARCH' } });
    expect([checked.status, checked.body]).toEqual([200, { allowed: true, reason: 'granted' }]);
  });

  test('answers are plain JSON: times as text, no envelope', async () => {
    const { headers, body } = await server.rest('GET', `/users/${admin.id}`, { token });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Object.keys(body)).not.toContain('json');
  });

  test('HEAD answers as GET does, without a body', async () => {
    const { status, body } = await request(server, 'HEAD', '/api/v1/users', { token });
    expect([status, body]).toEqual([200, null]);
    expect((await request(server, 'HEAD', '/api/v1/users')).status).toBe(401);
  });
});
