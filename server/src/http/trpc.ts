// The tRPC door under /trpc: tRPC's own Fastify adapter, with what it leaves open closed before it.
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { listErrorHeaders } from '../answer-error.ts';
import { AppError } from '../errors.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { logInternal, sendTrpcError } from './errors.ts';
import { listProcedures } from './procedures.ts';
import { createContext } from './request.ts';

export const MAX_BATCH = 20;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether tRPC reads several calls in it. */
    isBatch: boolean;
  }
}

export const trpcPlugin: FastifyPluginAsync = async (app) => {
  app.setErrorHandler((error, request, reply) => sendTrpcError(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendTrpcError(new AppError('NOT_FOUND'), request, reply));
  const types = new Map(listProcedures().map(({ path, type }) => [path, type]));
  app.decorateRequest('isBatch', false);
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.method !== 'GET' && request.method !== 'POST') throw new AppError('NOT_FOUND');
    // Forms can be posted from any page without a preflight: only JSON comes in.
    if (request.method === 'POST' && !/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? ''))
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send application/json' });
    // What tRPC would refuse before it makes a context, and so without a request id, is refused here.
    const { isBatch, paths, query } = readCalls(request);
    request.isBatch = isBatch;
    if (paths.length > MAX_BATCH)
      throw new AppError('PAYLOAD_TOO_LARGE', { detail: `A batch holds at most ${MAX_BATCH} calls` });
    if (paths.length > 1 && new Set(paths.flatMap((path) => types.get(path) ?? [])).size > 1)
      refuse('A batch holds queries or mutations, not both');
    if (!isBatch && wantsStream(request)) refuse('A stream is answered to batches only');
    // They would carry tokens in the URL.
    if (query.has('connectionParams')) refuse('Send credentials in headers, not in connectionParams');
    done();
  });
  app.addHook('onSend', async (_request, reply, payload) =>
    payload instanceof Response ? readWhole(payload, reply) : payload,
  );
  await app.register(fastifyTRPCPlugin, {
    trpcOptions: {
      router: appRouter,
      maxBatchSize: MAX_BATCH,
      allowMethodOverride: true,
      createContext: ({ req, res, info }) =>
        createContext(app.deps, req, res, { door: 'trpc', signal: info.signal, isBatch: req.isBatch }),
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

/**
 * An answer that is whole when it is sent goes out in one piece with its length; as the stream that tRPC makes of every
 * answer it would take several writes. Streams of JSON lines and events stay streams.
 */
async function readWhole(response: Response, reply: FastifyReply): Promise<string | Response> {
  const { headers } = response;
  if (headers.get('content-type') !== 'application/json' || headers.has('transfer-encoding')) return response;
  reply.code(response.status);
  for (const [name, value] of headers) reply.header(name, value);
  return response.text();
}

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
