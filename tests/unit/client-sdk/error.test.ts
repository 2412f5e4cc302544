// Errors: whatever goes wrong arrives as an AuthCenterError that says what and where.
import { TRPCClientError } from '@trpc/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuthCenterError, createAuthCenter } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { catchError, createTestClient, signIn } from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

async function failWith(prepare: () => void): Promise<AuthCenterError> {
  const client = createTestClient(server, { retryFor: 0 });
  await signIn(client);
  prepare();
  const error = await catchError(client.api.rbac.check.query({ permission: 'SEARCH' }));
  if (!(error instanceof AuthCenterError)) throw new Error(`not an AuthCenterError: ${String(error)}`);
  return error;
}

describe('an error of the server', () => {
  test('carries its code, status, request id and details', async () => {
    const error = await failWith(() => {
      server.control.refuse = () => ({
        code: 'VALIDATION_FAILED',
        errors: [{ path: 'permission', message: 'is too short' }],
      });
    });
    expect(error).toMatchObject({
      name: 'AuthCenterError',
      code: 'VALIDATION_FAILED',
      status: 400,
      requestId: 'req-1',
      retryAfter: undefined,
      permission: undefined,
      issues: [{ path: 'permission', message: 'is too short' }],
      message: 'The input is not valid',
    });
    // Tools made for tRPC know it, too.
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error.data?.code).toBe('VALIDATION_FAILED');
  });

  test('names the permission that is missing, and when to come back', async () => {
    const denied = await failWith(() => {
      server.control.refuse = (path) =>
        path === 'rbac.check' ? { code: 'PERMISSION_DENIED', permission: 'role:READ' } : undefined;
    });
    expect(denied).toMatchObject({ code: 'PERMISSION_DENIED', status: 403, permission: 'role:READ', issues: [] });
    const limited = await failWith(() => {
      server.control.refuse = (path) => (path === 'rbac.check' ? { code: 'RATE_LIMITED', retryAfter: 7 } : undefined);
    });
    expect(limited).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryAfter: 7 });
  });

  test('a procedure that the server does not know', async () => {
    const client = createTestClient(server);
    expect(await catchError(client.api.users.permissions.query({ id: 'x' }))).toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
    });
  });
});

describe('an answer that is no AuthCenter’s', () => {
  test.each([
    ['a proxy’s page', 502, 'text/html', '<h1>Bad gateway</h1>', 'NETWORK_ERROR'],
    ['a page with status 200', 200, 'text/html', '<h1>Welcome to the hotel</h1>', 'NETWORK_ERROR'],
    ['a gateway’s JSON', 403, 'application/json', '{"message":"Forbidden"}', 'NETWORK_ERROR'],
    ['a gateway’s limit', 429, 'application/json', '{"message":"Too many requests"}', 'RATE_LIMITED'],
    ['broken JSON', 500, 'application/json', '{"error":', 'NETWORK_ERROR'],
    ['nothing', 504, '', '', 'NETWORK_ERROR'],
  ])('%s', async (_name, status, type, body, code) => {
    const error = await failWith(() => {
      server.control.instead = { status, headers: { 'content-type': type, 'x-request-id': 'proxy-1' }, body };
    });
    expect(error).toMatchObject({ code, status, requestId: 'proxy-1' });
  });

  test.each([
    ['JSON of another form', '{"hello":"world"}'],
    ['broken JSON', '{"result":'],
  ])('%s with status 200', async (_name, body) => {
    const error = await failWith(() => {
      server.control.instead = { status: 200, headers: { 'content-type': 'application/json' }, body };
    });
    expect(error).toMatchObject({ code: 'NETWORK_ERROR', status: 0 });
  });

  test('a problem document of one of the server’s other doors', async () => {
    const body = JSON.stringify({
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: 'No such path',
      code: 'NOT_FOUND',
      request_id: 'req-9',
    });
    const error = await failWith(() => {
      server.control.instead = { status: 404, headers: { 'content-type': 'application/problem+json' }, body };
    });
    expect(error).toMatchObject({ code: 'NOT_FOUND', status: 404, requestId: 'req-9', message: 'No such path' });
  });
});

describe('no answer at all', () => {
  test('a cut connection keeps its cause', async () => {
    const error = await failWith(() => {
      server.control.cut = () => true;
    });
    expect(error).toMatchObject({ code: 'NETWORK_ERROR', status: 0 });
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('a call that was given up is ABORTED, though its batch goes on', async () => {
    const client = createTestClient(server);
    await signIn(client);
    const giveUp = new AbortController();
    const [given, kept] = [
      catchError(client.api.rbac.check.query({ permission: 'SEARCH' }, { signal: giveUp.signal })),
      client.api.rbac.check.query({ permission: 'COMMENT' }),
    ];
    giveUp.abort();
    expect(await given).toMatchObject({ code: 'ABORTED', status: 0 });
    expect(await kept).toMatchObject({ allowed: true });
  });
});

test.each(['', 'auth.example.com', '/trpc', 'ftp://auth.example.com', 'https://'])(
  'the url %j is refused at once',
  (url) => {
    expect(() => createAuthCenter({ url })).toThrow(TypeError);
  },
);
