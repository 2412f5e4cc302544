// The tRPC door: superjson as restricted as it is promised to be, batches, and queries by either method.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batch, request, unwrap } from '../support/doors.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let token: string;
let admin: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.createUser([{ name: 'Admin' }]);
  token = (await server.signIn(admin)).access;
});
afterAll(() => server.close());

/** A body exactly as given, to a query that any input fits or not. */
const post = (path: string, body: unknown) => request(server, 'POST', `/trpc/${path}`, { token, body });
const told = (answer: RestAnswer) => [answer.status, unwrap(answer)?.code, unwrap(answer)?.detail];

describe('the wire', () => {
  test('carries times as times, both ways', async () => {
    const target = await server.createUser();
    const at = '2126-01-01T00:00:00.000Z';
    const answer = await post('users.assignRole', {
      json: { id: target.id, role_id: server.roleId('Author'), expires_at: at },
      meta: { values: { expires_at: ['Date'] } },
    });
    expect(answer.status).toBe(200);
    const { json, meta } = answer.body.result.data;
    expect(json.roles[1].expires_at).toBe(at);
    expect(meta.values).toMatchObject({ 'roles.1.expires_at': ['Date'], created_at: ['Date'] });
    // A time that is not named as one is text, and text is no time.
    const asText = await post('users.assignRole', {
      json: { id: target.id, role_id: server.roleId('Editor'), expires_at: at },
    });
    expect(told(asText).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('carries undefined, which strict schemas take for absent', async () => {
    const answer = await post('users.list', { json: { search: null }, meta: { values: { search: ['undefined'] } } });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['Map', ['map', [['number']]]],
    ['Set', ['set']],
    ['RegExp', ['regexp']],
    ['Error', ['Error']],
    ['URL', ['URL']],
    ['NaN', ['number']],
    ['a symbol', [['symbol', 'x']]],
    ['a class', [['class', 'Admin']]],
    ['a custom type', [['custom', 'x']]],
    ['a typed array', [['typed-array', 'Uint8Array']]],
    ['Date and more', ['Date', 'set']],
    ['a number for a tag', [1]],
  ])('revives no %s', async (_, tag) => {
    const answer = await post('users.list', { json: { search: 'a' }, meta: { values: { search: tag } } });
    expect(told(answer).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test.each([
    ['referentialEqualities', { referentialEqualities: { a: ['b'] } }],
    ['referentialEqualities at the root', { referentialEqualities: [['a']] }],
    ['anything it does not know', { values: {}, more: 1 }],
    ['text', 'x'],
    ['values that are text', { values: 'Date' }],
    ['a value for a prototype', { values: { '__proto__.admin': ['Date'] } }],
    ['a value for a constructor', { values: { 'constructor.prototype': ['Date'] } }],
    ['a value deep in a prototype', { values: { a: { __proto__x: ['Date'], prototype: ['Date'] } } }],
  ])('refuses meta with %s', async (_, meta) => {
    const answer = await post('users.list', { json: { search: 'a' }, meta });
    expect(told(answer).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('refuses what is no time and no number where one is promised', async () => {
    const body = (value: unknown) => ({
      json: { id: admin.id, role_id: server.roleId('Editor'), expires_at: value },
      meta: { values: { expires_at: ['Date'] } },
    });
    for (const value of ['tomorrow', {}, 'Infinity'])
      expect(told(await post('users.assignRole', body(value)))[1]).toBe('VALIDATION_FAILED');
    const nowhere = { json: { search: 'a' }, meta: { values: { 'a.b.c': ['Date'] } } };
    expect((await post('users.list', nowhere)).status).toBeLessThan(500);
    const bigint = { json: { search: 'x' }, meta: { values: { search: ['bigint'] } } };
    expect(told(await post('users.list', bigint))[1]).toBe('VALIDATION_FAILED');
  });

  test.each([
    ['__proto__', '{"json":{"__proto__":{"limit":1}}}'],
    ['constructor', '{"json":{"constructor":{"prototype":{"polluted":1}}}}'],
    ['prototype', '{"json":{"search":{"prototype":1}}}'],
    ['__proto__ beside json', '{"json":{},"__proto__":{"polluted":1}}'],
    ['another key beside json', '{"json":{},"polluted":1}'],
    ['__proto__ in meta', '{"json":{},"meta":{"__proto__":{"values":{}}}}'],
  ])('refuses the key %s', async (_, body) => {
    expect(told(await post('users.list', body)).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test.each(['[]', '1', '"x"', 'null', 'true', '[{"json":{}}]'])(
    'refuses %s in place of its envelope',
    async (body) => {
      expect(told(await post('users.list', body)).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
    },
  );

  test('refuses nesting over 32 levels, in json and in meta', async () => {
    const nest = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    expect(told(await post('users.list', { json: nest(33) }))[2]).toMatch(/nested deeper than 32 levels/);
    expect(told(await post('users.list', { json: nest(32) }))[2]).not.toMatch(/nested/);
    expect(told(await post('users.list', { json: {}, meta: { values: nest(200) } }))[1]).toBe('VALIDATION_FAILED');
    const deep = `{"json":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
    expect(told(await post('users.list', deep)).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('methods', () => {
  test('queries come by GET and by POST, and answer alike', async () => {
    const input = { limit: 1, with_total: true };
    const get = await server.trpc('users.list', input, { token, method: 'GET' });
    const byPost = await server.trpc('users.list', input, { token });
    expect(get.status).toBe(200);
    expect(get.body).toEqual(byPost.body);
    expect((await server.trpc('auth.me', undefined, { token, method: 'GET' })).status).toBe(200);
  });

  test('what comes by GET is checked as what comes by POST', async () => {
    for (const wire of ['{"json":{"__proto__":1}}', '{"json":{},"x":1}', '{"json":{"limit":"5"}}', '[]']) {
      const answer = await request(server, 'GET', `/trpc/users.list?input=${encodeURIComponent(wire)}`, { token });
      expect(told(answer).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
    }
  });

  test('nothing that changes something comes by GET, nor by a method of another name', async () => {
    const { id } = await server.createUser();
    const input = encodeURIComponent(JSON.stringify({ json: { id, status: 'inactive' } }));
    expect((await request(server, 'GET', `/trpc/users.setStatus?input=${input}`, { token })).status).toBe(404);
    const overridden = await request(server, 'GET', `/trpc/users.setStatus?input=${input}`, {
      token,
      headers: { 'x-http-method-override': 'POST' },
    });
    expect(overridden.status).toBe(404);
    expect((await server.rest('GET', `/users/${id}`, { token })).body.status).toBe('active');
  });

  test('no body at all is no input', async () => {
    expect((await server.trpc('auth.me', undefined, { token })).status).toBe(200);
    expect(told(await server.trpc('users.get', undefined, { token })).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('batches', () => {
  const check = (permission: string) => ({ path: 'rbac.check', input: { permission } });

  test('20 calls pass, one more is refused as a whole', async () => {
    const twenty = await batch(server, Array(20).fill(check('SEARCH')), { token });
    expect(twenty.status).toBe(200);
    expect(twenty.body).toHaveLength(20);
    const more = await batch(server, Array(21).fill(check('SEARCH')), { token });
    expect([more.status, unwrap(more).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    const thousand = await batch(server, Array(300).fill({ path: 'auth.me' }), { token });
    expect([thousand.status, unwrap(thousand).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test.each([
    ['its commas encoded', 'auth.me%2C'],
    ['its commas encoded twice', 'auth.me%252C'],
  ])('with %s the cap is the same', async (_, call) => {
    const path = `/trpc/${call.repeat(20)}auth.me?batch=1`;
    const answer = await request(server, 'POST', path, { token, body: {} });
    expect([answer.status, unwrap(answer).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test.each(['?batch=1', '?x=?&batch=1', '?batch=1&batch=0', '?%62atch=1', '?batch=%31'])(
    'by %s the cap is the same',
    async (query) => {
      const path = `/trpc/${Array(21).fill('auth.me').join(',')}${query}`;
      const answer = await request(server, 'POST', path, { token, body: {} });
      expect([answer.status, unwrap(answer).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    },
  );

  test('each call has its own outcome; mixed ones are 207', async () => {
    const { status, body } = await batch(
      server,
      [
        check('SEARCH'),
        { path: 'users.get', input: { id: '0'.repeat(24) } },
        { path: 'users.list', input: { limit: 0 } },
        { path: 'nothing.here' },
      ],
      { token },
    );
    expect(status).toBe(207);
    expect(body.map((one: unknown) => unwrap({ body: one }))).toMatchObject([
      { allowed: true },
      { code: 'NOT_FOUND', httpStatus: 404 },
      { code: 'VALIDATION_FAILED', httpStatus: 400 },
      { code: 'NOT_FOUND', httpStatus: 404 },
    ]);
  });

  test('refused alike, they have that status and its headers', async () => {
    const { status, headers, body } = await batch(server, [check('SEARCH'), { path: 'users.list', input: {} }]);
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    for (const one of body) {
      expect(unwrap({ body: one })).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(unwrap({ body: one }).request_id).toBe(headers.get('x-request-id'));
    }
  });

  test('one call may not speak for another: each is judged on its own', async () => {
    const { access } = await server.signIn(await server.createUser());
    const { status, body } = await batch(
      server,
      [{ path: 'auth.me' }, { path: 'users.list' }, { path: 'users.get', input: { id: admin.id } }],
      { token: access },
    );
    expect(status).toBe(207);
    expect(unwrap({ body: body[0] })).toMatchObject({ roles: ['User'] });
    expect(unwrap({ body: body[1] })).toMatchObject({ code: 'PERMISSION_DENIED', permission: 'user:READ' });
    expect(unwrap({ body: body[2] })).toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  test('input for calls that are not there, or that is no list, is no danger', async () => {
    const path = '/trpc/auth.me,auth.me?batch=1';
    const send = (body: unknown) => request(server, 'POST', path, { token, body });
    expect((await send({ 7: { json: {} }, constructor: 1 })).status).toBe(200);
    for (const body of ['1', '"x"'])
      for (const one of (await send(body)).body) expect(unwrap({ body: one }).code).toBe('VALIDATION_FAILED');
  });

  test('without its name a batch is one call of a strange name', async () => {
    const answer = await request(server, 'POST', '/trpc/auth.me,auth.me', { token, body: {} });
    expect([answer.status, unwrap(answer).code]).toEqual([404, 'NOT_FOUND']);
  });
});

test('mutations are not answered as a stream: its headers would be gone before a cookie is set', async () => {
  const headers = { 'trpc-accept': 'application/jsonl', 'content-type': 'application/json' };
  const response = await fetch(`${server.url}/trpc/auth.logout?batch=1`, {
    method: 'POST',
    headers,
    body: '{"0":{"json":{}}}',
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { json: { data: { code: 'VALIDATION_FAILED' } } } });
});
