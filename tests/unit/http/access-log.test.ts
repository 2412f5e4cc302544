// The access line: what it tells of a request, what it leaves out, and which trace it belongs to.
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Deps } from '../../../server/src/deps.ts';
import { addAccessLog, makeRequestId } from '../../../server/src/http/access-log.ts';

let app: FastifyInstance;
const info = vi.fn();
beforeEach(async () => {
  info.mockClear();
  app = Fastify({ genReqId: makeRequestId });
  app.decorate('deps', { log: { access: { info, isLevelEnabled: () => true } } } as object as Deps);
  app.decorateRequest('ctx', null);
  addAccessLog(app);
  app.get('/users', async () => ({}));
  await app.ready();
});
afterEach(() => app.close());

const line = async (headers: Record<string, string>, url = '/users') => {
  await app.inject({ url, headers });
  await vi.waitFor(() => expect(info).toHaveBeenCalledTimes(1));
  return info.mock.calls[0]?.[0];
};

test('tells method, path, status, time, address and request id', async () => {
  expect(await line({ 'x-request-id': 'order-4711' })).toEqual({
    request_id: 'order-4711',
    method: 'GET',
    path: '/users',
    status: 200,
    ms: expect.any(Number),
    ip: '127.0.0.1',
  });
});

test('leaves the query and every header out', async () => {
  const text = JSON.stringify(
    await line({ authorization: 'Bearer secret', cookie: 'a=secret', 'user-agent': 'secret' }, '/users?search=secret'),
  );
  expect(text).not.toContain('secret');
});

test('belongs to the caller’s trace', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  expect(await line({ traceparent: `00-${trace}-b7ad6b7169203331-01` })).toMatchObject({ trace_id: trace });
});

test.each([
  'nonsense',
  '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\\nforged',
])('belongs to no trace by %j, which the standard calls invalid', async (traceparent) => {
  expect(await line({ traceparent })).not.toHaveProperty('trace_id');
});
