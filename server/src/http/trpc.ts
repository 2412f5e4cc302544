// The tRPC door under /trpc: tRPC's own Fastify adapter, with what it leaves open closed before it.
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { listErrorHeaders } from '../answer-error.ts';
import { AppError } from '../errors.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { logInternal, sendTrpcError } from './errors.ts';
import { createContext, signalOf } from './request.ts';

export const MAX_BATCH = 20;

export const trpcPlugin: FastifyPluginAsync = async (app) => {
  app.setErrorHandler((error, request, reply) => sendTrpcError(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendTrpcError(new AppError('NOT_FOUND'), request, reply));
  app.addHook('onRequest', async (request) => {
    const { isBatch, calls } = readCalls(request);
    if (isBatch && calls > MAX_BATCH)
      throw new AppError('PAYLOAD_TOO_LARGE', { detail: `A batch holds at most ${MAX_BATCH} calls` });
    if (request.method !== 'GET' && request.method !== 'POST') throw new AppError('NOT_FOUND');
    // Forms can be posted from any page without a preflight: only JSON comes in.
    if (request.method === 'POST' && !/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? ''))
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send application/json' });
  });
  await app.register(fastifyTRPCPlugin, {
    trpcOptions: {
      router: appRouter,
      maxBatchSize: MAX_BATCH,
      allowMethodOverride: true,
      createContext: ({ req, res }) =>
        createContext(app.deps, req, res, { door: 'trpc', signal: signalOf(res), isBatch: readCalls(req).isBatch }),
      onError: ({ error, req }) => logInternal(error, req),
      responseMeta: ({ errors, ctx }) => {
        const [first] = errors;
        return first ? { headers: listErrorHeaders(first, ctx !== undefined && ctx.request.bearer !== null) } : {};
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
};

function readCalls(request: FastifyRequest): { isBatch: boolean; calls: number } {
  const [path = '', query = ''] = request.url.split('?', 2);
  const isBatch = new URLSearchParams(query).get('batch') === '1';
  return { isBatch, calls: isBatch ? decodeURIComponent(path).split(',').length : 1 };
}
