// What goes wrong on our side: told by a code and a request id, and by nothing else; the cause stays in the log.
import { MongoNetworkError } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { batch, request, unwrap } from '../support/doors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  token = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(() => server.close());
afterEach(() => vi.restoreAllMocks());

const secret = 'mongodb://root:hunter2@db.internal:27017';
const failWith = (error: unknown) => vi.spyOn(server.deps.users, 'findById').mockRejectedValue(error);

function makeNested(): Error {
  const error = new Error(`query failed at ${secret}`, { cause: new TypeError('inner') });
  return Object.assign(error, { code: 'ENOPE', query: { password_hash: '$2b$12$x' }, statusCode: 418 });
}
const causes: [string, () => unknown][] = [
  ['an error with a stack, a cause and fields', makeNested],
  ['an error that looks like one of the caller’s', () => z.string().safeParse(1).error],
  ['a syntax error', () => new SyntaxError(`Unexpected token in ${secret}`)],
  ['text', () => secret],
  ['nothing at all', () => undefined],
];

test.each(causes)('%s: INTERNAL over both doors, and nothing of it leaves', async (_, make) => {
  failWith(make());
  const logged = vi.spyOn(server.deps.log.error, 'error');
  const rest = await server.rest('GET', '/auth/me', { token });
  expect([rest.status, rest.body.code, rest.body.detail]).toEqual([
    500,
    'INTERNAL',
    'Something went wrong on our side',
  ]);
  const trpc = await server.trpc('auth.me', undefined, { token });
  expect([trpc.status, unwrap(trpc).code, trpc.body.error.json.message]).toEqual([
    500,
    'INTERNAL',
    'Something went wrong on our side',
  ]);
  const inBatch = await batch(server, [{ path: 'auth.me' }, { path: 'rbac.check', input: { permission: 'SEARCH' } }], {
    token,
  });
  expect(inBatch.status).toBe(207);
  for (const { body } of [rest, trpc, inBatch])
    expect(JSON.stringify(body)).not.toMatch(
      /stack|hunter2|mongodb|node_modules|\.ts\b|password_hash|Unexpected|ENOPE/,
    );
  // Both are found in the log by the id that the caller was told.
  const ids = logged.mock.calls.map(([line]) => (line as { request_id?: string }).request_id);
  expect(ids).toEqual([rest.body.request_id, unwrap(trpc).request_id, inBatch.headers.get('x-request-id')]);
});

test('a database that is away is 503, and says when to come back', async () => {
  const away = new MongoNetworkError(`connect ECONNREFUSED ${secret}`);
  failWith(away);
  const rest = await server.rest('GET', '/auth/me', { token });
  expect([rest.status, rest.body.code, rest.headers.get('retry-after')]).toEqual([503, 'DEPENDENCY_UNAVAILABLE', '1']);
  const trpc = await server.trpc('auth.me', undefined, { token });
  expect([trpc.status, unwrap(trpc).code, trpc.headers.get('retry-after')]).toEqual([
    503,
    'DEPENDENCY_UNAVAILABLE',
    '1',
  ]);
  for (const { body } of [rest, trpc]) expect(JSON.stringify(body)).not.toMatch(/ECONNREFUSED|hunter2/);
});

test('an answer that is not what was promised is our fault and is not sent', async () => {
  vi.spyOn(server.deps.users, 'findById').mockResolvedValue({ password_hash: 'x' } as never);
  const { status, body } = await server.rest('GET', '/auth/me', { token });
  expect([status, body.code]).toEqual([500, 'INTERNAL']);
  expect(body.errors).toBeUndefined();
});

test('a stack is nowhere, on no path and in no development mode', async () => {
  for (const [method, path, body] of [
    ['POST', '/api/v1/auth/login', '{'],
    ['POST', '/trpc/auth.login', '{'],
    ['GET', '/trpc/nothing', undefined],
    ['GET', '/nothing', undefined],
    ['GET', '/docs/nothing', undefined],
    ['GET', '/docs/static/../../package.json', undefined],
    ['GET', '/docs/static/%2e%2e%2f%2e%2e%2fpackage.json', undefined],
  ] as const) {
    const answer = await request(server, method, path, { body });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(answer.body)).not.toMatch(/stack|node_modules|\.ts:\d/);
  }
});
