// Errors as callers see them: one form a door, whoever refused, with titles in their language and the headers that go with a code.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../shared/src/errors.ts';
import { request, sendRaw } from '../support/doors.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  token = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(() => server.close());

const mebibyte = 'x'.repeat(1024 * 1024);

/** RFC 9457, and nothing beside what is published. */
function expectProblem({ status, headers, body }: RestAnswer, wanted: { status: number; code: string }) {
  expect({ status, code: body.code }).toEqual(wanted);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json(; charset=utf-8)?$/);
  expect(body).toMatchObject({
    type: `urn:authcenter:error:${wanted.code}`,
    title: ERRORS[wanted.code as keyof typeof ERRORS].en,
    status: wanted.status,
    detail: expect.stringMatching(/./),
    request_id: headers.get('x-request-id'),
  });
  const members = ['type', 'title', 'status', 'detail', 'code', 'request_id', 'errors', 'retry_after', 'permission'];
  expect(Object.keys(body).filter((key) => !members.includes(key))).toEqual([]);
}

/** The same members in tRPC's envelope. */
function expectTrpcError({ status, headers, body }: RestAnswer, wanted: { status: number; code: string }) {
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  const { message, code, data } = body.error.json;
  expect({ status, code: data.code }).toEqual(wanted);
  expect(data).toMatchObject({
    title: ERRORS[wanted.code as keyof typeof ERRORS].en,
    status: wanted.status,
    httpStatus: wanted.status,
    detail: message,
    request_id: headers.get('x-request-id'),
  });
  expect(code).toBeTypeOf('number');
  const members = ['title', 'status', 'detail', 'code', 'request_id', 'errors', 'retry_after', 'permission'];
  expect(Object.keys(data).filter((key) => ![...members, 'httpStatus', 'path'].includes(key))).toEqual([]);
  expect(data.request_id).not.toBe('');
}

describe('over REST', () => {
  const refusals: [string, { status: number; code: string }, () => Promise<RestAnswer>][] = [
    ['an unknown path', { status: 404, code: 'NOT_FOUND' }, () => request(server, 'GET', '/nowhere')],
    ['an unknown path under the prefix', { status: 404, code: 'NOT_FOUND' }, () => server.rest('GET', '/nowhere')],
    ['an unknown method', { status: 404, code: 'NOT_FOUND' }, () => server.rest('PATCH', '/users', { body: {} })],
    ['a method a path does not have', { status: 404, code: 'NOT_FOUND' }, () => server.rest('DELETE', '/users')],
    ['a path in other case', { status: 404, code: 'NOT_FOUND' }, () => server.rest('GET', '/Users')],
    [
      'a path that cannot be decoded',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => server.rest('GET', '/users/%zz'),
    ],
    [
      'a body over 1 MiB',
      { status: 413, code: 'PAYLOAD_TOO_LARGE' },
      () => server.rest('POST', '/auth/login', { body: { email: mebibyte } }),
    ],
    [
      'text',
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
      () => server.rest('POST', '/auth/login', { body: '{}', headers: { 'content-type': 'text/plain' } }),
    ],
    [
      'a form, which any page of the web can post',
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
      () =>
        server.rest('POST', '/auth/login', {
          body: 'email=a%40example.com&password=x',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
    ],
    [
      'JSON that is none',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => server.rest('POST', '/auth/login', { body: '{"email":' }),
    ],
    [
      'a wrong field',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => server.rest('GET', '/users?limit=1000', { token }),
    ],
    ['nobody', { status: 401, code: 'UNAUTHENTICATED' }, () => server.rest('GET', '/users')],
    ['a wrong token', { status: 401, code: 'TOKEN_INVALID' }, () => server.rest('GET', '/users', { token: 'x' })],
    [
      'what is not there',
      { status: 404, code: 'NOT_FOUND' },
      () => server.rest('GET', `/users/${'0'.repeat(24)}`, { token }),
    ],
  ];
  test.each(refusals)('%s', async (_, wanted, send) => expectProblem(await send(), wanted));

  test('fields that are wrong are all named', async () => {
    const { body } = await server.rest('GET', '/users?limit=0&sort=email&nonsense=1', { token });
    expect(body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['limit', 'nonsense', 'sort']);
    for (const { message } of body.errors) expect(message).toMatch(/./);
  });

  test('headers too large for any server', async () => {
    const answer = await sendRaw(
      server,
      `GET /api/v1/users HTTP/1.1\r\nhost: x\r\nx-long: ${'y'.repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
  });

  test('bytes that are no HTTP', async () => {
    const answer = await sendRaw(server, 'HELLO\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'VALIDATION_FAILED', status: 400 });
  });
});

describe('over tRPC', () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(server, 'POST', path, { body, headers });
  const refusals: [string, { status: number; code: string }, () => Promise<RestAnswer>][] = [
    ['an unknown procedure', { status: 404, code: 'NOT_FOUND' }, () => server.trpc('users.fly')],
    ['part of a path', { status: 404, code: 'NOT_FOUND' }, () => server.trpc('users')],
    ['a name of every object', { status: 404, code: 'NOT_FOUND' }, () => server.trpc('constructor')],
    ['another name of every object', { status: 404, code: 'NOT_FOUND' }, () => server.trpc('__proto__.toString')],
    ['a path below a procedure', { status: 404, code: 'NOT_FOUND' }, () => post('/trpc/users.list/x', {})],
    [
      'another method',
      { status: 404, code: 'NOT_FOUND' },
      () => request(server, 'PUT', '/trpc/users.list', { body: {} }),
    ],
    ['a mutation by GET', { status: 404, code: 'NOT_FOUND' }, () => request(server, 'GET', '/trpc/auth.logout')],
    ['a path that cannot be decoded', { status: 400, code: 'VALIDATION_FAILED' }, () => post('/trpc/%zz', {})],
    ['a path that decodes to one', { status: 400, code: 'VALIDATION_FAILED' }, () => post('/trpc/%25zz?batch=1', {})],
    [
      'a body over 1 MiB',
      { status: 413, code: 'PAYLOAD_TOO_LARGE' },
      () => server.trpc('auth.login', { email: mebibyte }),
    ],
    [
      'text',
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
      () => post('/trpc/auth.login', '{}', { 'content-type': 'text/plain' }),
    ],
    [
      'a form',
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
      () => post('/trpc/auth.login', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    [
      'a multipart form',
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
      () => post('/trpc/auth.login', '--x--', { 'content-type': 'multipart/form-data; boundary=x' }),
    ],
    [
      'bytes',
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
      () => post('/trpc/auth.login', 'abc', { 'content-type': 'application/octet-stream' }),
    ],
    ['JSON that is none', { status: 400, code: 'VALIDATION_FAILED' }, () => post('/trpc/auth.login', '{"json":')],
    [
      'JSON in a URL that is none',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => request(server, 'GET', '/trpc/users.list?input=%7B', { token }),
    ],
    [
      'a wrong field',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => server.trpc('users.list', { limit: 1000 }, { token }),
    ],
    [
      'a batch of queries and mutations',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => post('/trpc/auth.me,auth.logout?batch=1', {}),
    ],
    [
      'a stream of one',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => post('/trpc/auth.me', {}, { 'trpc-accept': 'application/jsonl' }),
    ],
    [
      'a token in the URL',
      { status: 400, code: 'VALIDATION_FAILED' },
      () => request(server, 'GET', '/trpc/auth.me?connectionParams={"token":"x"}'),
    ],
    ['nobody', { status: 401, code: 'UNAUTHENTICATED' }, () => server.trpc('users.list')],
    ['a wrong token', { status: 401, code: 'TOKEN_INVALID' }, () => server.trpc('users.list', {}, { token: 'x' })],
  ];
  test.each(refusals)('%s', async (_, wanted, send) => expectTrpcError(await send(), wanted));

  test('names the procedure, and the fields that are wrong', async () => {
    const { body } = await server.trpc('users.list', { limit: 0, sort: 'email', nonsense: 1 }, { token });
    expect(body.error.json.data.path).toBe('users.list');
    const paths = body.error.json.data.errors.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['limit', 'nonsense', 'sort']);
  });
});

describe('titles', () => {
  test.each([
    [undefined, 'en'],
    ['zh-CN', 'zh'],
    ['zh', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['zh-TW', 'zh'],
    ['en-US,en;q=0.9,zh-CN;q=0.8', 'en'],
    ['en;q=0.1, zh;q=0.2', 'zh'],
    ['fr-FR, de', 'en'],
    ['fr, zh;q=0.1', 'zh'],
    ['*', 'en'],
    ['', 'en'],
    [';;;', 'en'],
    ['zh;q=0', 'en'],
  ] as const)('to %j are in %s over both doors', async (accept, language) => {
    const headers: Record<string, string> = accept === undefined ? {} : { 'accept-language': accept };
    const title = ERRORS.UNAUTHENTICATED[language];
    const rest = await server.rest('GET', '/auth/me', { headers });
    expect([rest.body.title, rest.body.code]).toEqual([title, 'UNAUTHENTICATED']);
    expect(rest.headers.get('content-language')).toBe(language);
    const trpc = await server.trpc('auth.me', undefined, { headers });
    expect([trpc.body.error.json.data.title, trpc.body.error.json.data.code]).toEqual([title, 'UNAUTHENTICATED']);
    const early = await request(server, 'POST', '/trpc/auth.login', {
      body: 'x',
      headers: { ...headers, 'content-type': 'text/plain' },
    });
    expect(early.body.error.json.data.title).toBe(ERRORS.UNSUPPORTED_MEDIA_TYPE[language]);
  });
});

describe('WWW-Authenticate (RFC 6750 §3)', () => {
  const doors = {
    rest: (headers: Record<string, string>) => server.rest('GET', '/users', { headers }),
    trpc: (headers: Record<string, string>) => server.trpc('users.list', {}, { headers }),
  };
  test.each(Object.entries(doors))('over %s', async (_, send) => {
    const challenge = async (headers: Record<string, string>) => {
      const { status, headers: told } = await send(headers);
      return [status, told.get('www-authenticate')];
    };
    expect(await challenge({})).toEqual([401, 'Bearer']);
    // Another scheme is no attempt at this one (§3.1).
    expect(await challenge({ authorization: 'Basic eDp5' })).toEqual([401, 'Bearer']);
    expect(await challenge({ authorization: 'Bearer x.y.z' })).toEqual([401, 'Bearer error="invalid_token"']);
    expect(await challenge({ authorization: `Bearer ${await server.mintClientToken(['feed:read'])}` })).toEqual([
      403,
      'Bearer error="insufficient_scope"',
    ]);
    const user = await server.signIn(await server.createUser());
    expect(await challenge({ authorization: `Bearer ${user.access}` })).toEqual([403, null]);
    expect(await challenge({ authorization: `bearer ${token}` })).toEqual([200, null]);
  });

  test('a wrong password is no matter of tokens', async () => {
    const answer = await server.rest('POST', '/auth/login', { body: { email: 'a@example.com', password: 'wrong' } });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, null]);
  });
});

describe('request ids', () => {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

  test.each(['/api/v1/auth/me', '/trpc/auth.me', '/health/live', '/nowhere', '/docs/', '/openapi.json'])(
    '%s returns the caller’s',
    async (path) => {
      const { headers } = await request(server, 'GET', path, { headers: { 'x-request-id': 'order-4711.try_2' } });
      expect(headers.get('x-request-id')).toBe('order-4711.try_2');
    },
  );

  test.each(['short', 'x'.repeat(129), 'with space in it', 'semi;colon;x', 'ünïcödé-id', '../../etc/passwd', ''])(
    'one that is not well-formed (%j) is replaced',
    async (id) => {
      const raw = Buffer.from(id, 'utf8').toString('latin1');
      const { headers } = await server.rest('GET', '/auth/me', { headers: { 'x-request-id': raw } });
      expect(headers.get('x-request-id')).toMatch(uuid);
    },
  );

  test('without one each request gets its own', async () => {
    const [a, b] = await Promise.all([server.rest('GET', '/auth/me'), server.rest('GET', '/auth/me')]);
    expect(a.headers.get('x-request-id')).toMatch(uuid);
    expect(a.headers.get('x-request-id')).not.toBe(b.headers.get('x-request-id'));
  });
});
