// The tRPC door under /trpc: tRPC's own Fastify adapter, with what it leaves open closed before it.
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { listErrorHeaders } from '../answer-error.ts';
import { AppError } from '../errors.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { logInternal, sendTrpcError } from './errors.ts';
import { listProcedures } from './procedures.ts';
import { createContext, signalOf } from './request.ts';

export const MAX_BATCH = 20;

export const trpcPlugin: FastifyPluginAsync = async (app) => {
  app.setErrorHandler((error, request, reply) => sendTrpcError(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendTrpcError(new AppError('NOT_FOUND'), request, reply));
  const types = new Map(listProcedures().map(({ path, type }) => [path, type]));
  app.addHook('onRequest', async (request) => {
    if (request.method !== 'GET' && request.method !== 'POST') throw new AppError('NOT_FOUND');
    // Forms can be posted from any page without a preflight: only JSON comes in.
    if (request.method === 'POST' && !/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? ''))
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send application/json' });
    // What tRPC would refuse before it makes a context, and so without a request id, is refused here.
    const { isBatch, paths, query } = readCalls(request);
    if (paths.length > MAX_BATCH)
      throw new AppError('PAYLOAD_TOO_LARGE', { detail: `A batch holds at most ${MAX_BATCH} calls` });
    if (new Set(paths.flatMap((path) => types.get(path) ?? [])).size > 1)
      refuse('A batch holds queries or mutations, not both');
    if (!isBatch && wantsStream(request)) refuse('A stream is answered to batches only');
    // They would carry tokens in the URL.
    if (query.has('connectionParams')) refuse('Send credentials in headers, not in connectionParams');
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
        const headers = first ? listErrorHeaders(first, ctx !== undefined && ctx.request.bearer !== null) : {};
        // tRPC's own would take the place of the one that CORS has set.
        return { headers: { ...headers, vary: 'origin, trpc-accept, accept' } };
      },
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
};

/** The calls of a request as tRPC will read them; the router has decoded the path once, and tRPC does so once more. */
function readCalls(request: FastifyRequest): { isBatch: boolean; paths: readonly string[]; query: URLSearchParams } {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const isBatch = query.get('batch') === '1';
  const { path = '' } = request.params as { path?: string };
  const decoded = decodePath(path);
  return { isBatch, paths: isBatch ? decoded.split(',') : [decoded], query };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return refuse('The path is not well encoded');
  }
}

/** By the same headers as tRPC. */
const wantsStream = ({ headers }: FastifyRequest): boolean =>
  [headers['trpc-accept'], ...(headers.accept ?? '').split(',')].some(
    (type) => String(type).trim() === 'application/jsonl',
  );

function refuse(detail: string): never {
  throw new AppError('VALIDATION_FAILED', { detail });
}
