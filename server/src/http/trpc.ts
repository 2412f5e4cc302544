// The tRPC door under /trpc: what tRPC leaves open is closed before it; then its own resolver of HTTP calls, on a Fastify route.
import { resolveResponse } from '@trpc/server/http';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { listErrorHeaders } from '../answer-error.ts';
import { AppError } from '../errors.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { logInternal, sendTrpcError } from './errors.ts';
import { keepJsonAsText } from './json.ts';
import { listProcedures } from './procedures.ts';
import { createContext, signalOf } from './request.ts';
import { compileProcedure } from './run-procedure.ts';

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
    // Its headers are gone before the first call is done, and with them the cookies that calls set.
    if (wantsStream(request) && paths.some((path) => types.get(path) === 'mutation'))
      refuse('Mutations are answered whole, not as a stream');
    // They would carry tokens in the URL.
    if (query.has('connectionParams')) refuse('Send credentials in headers, not in connectionParams');
    done();
  });
  keepJsonAsText(app);
  const router = compileRouter();
  app.route<{ Params: { path: string } }>({
    method: ['GET', 'POST'],
    url: '/:path',
    handler: async (request, reply) => {
      const signal = signalOf(reply);
      const response = await resolveResponse({
        router,
        path: request.params.path,
        req: toWebRequest(request, signal),
        error: null,
        maxBatchSize: MAX_BATCH,
        allowMethodOverride: true,
        createContext: async () => createContext(app.deps, request, reply, { door: 'trpc', isBatch: request.isBatch }),
        onError: ({ error }) => logInternal(error, request),
        responseMeta: ({ errors, ctx }) => {
          const [first] = errors;
          const headers = first ? listErrorHeaders(first, ctx !== undefined && ctx.request.bearer !== null) : {};
          // tRPC's own would take the place of the one that CORS has set.
          return { headers: { ...headers, vary: 'origin, trpc-accept, accept' } };
        },
      });
      return sendResponse(response, reply);
    },
  });
};

/** The same router, its procedures run by our own walk. tRPC keeps them flat, by dotted path; its type shows them nested. */
function compileRouter(): AppRouter {
  const known = appRouter._def.procedures as object as Readonly<Record<string, object>>;
  // Without a prototype: `toString` is no procedure.
  const procedures: Record<string, unknown> = Object.create(null);
  for (const entry of listProcedures())
    procedures[entry.path] = Object.assign(compileProcedure(entry), known[entry.path]);
  return {
    ...appRouter,
    _def: { ...appRouter._def, procedures: procedures as object as AppRouter['_def']['procedures'] },
  };
}

/** The headers that tRPC reads. The others are read from Fastify's request, and copying them all takes long. */
const TRPC_HEADERS = ['content-type', 'accept', 'trpc-accept', 'last-event-id'];

function toWebRequest({ url, method, headers, body }: FastifyRequest, signal: AbortSignal): Request {
  const read = TRPC_HEADERS.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : []));
  return new Request(new URL(url, 'http://localhost'), {
    method,
    headers: Object.fromEntries(read),
    signal,
    ...(typeof body === 'string' ? { body } : {}),
  });
}

/**
 * An answer that is whole goes out in one piece with its length; as the stream that tRPC makes of every answer it would take
 * several writes. Streams of JSON lines and events stay streams.
 */
async function sendResponse(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  const { headers, status } = response;
  if (headers.get('content-type') !== 'application/json' || headers.has('transfer-encoding'))
    return reply.send(response);
  for (const [name, value] of headers) reply.header(name, value);
  return reply.code(status).send(await response.text());
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
