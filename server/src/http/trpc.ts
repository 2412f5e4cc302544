// The tRPC door under /trpc: its own resolver of HTTP calls, on a Fastify route.
import type { AnyRouter } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { listErrorHeaders } from '../answer-error.ts';
import { AppError } from '../errors.ts';
import { logInternal, sendTrpcError } from './errors.ts';
import { keepJsonAsText } from './json.ts';
import { listProcedures } from './procedures.ts';
import { createContext, signalOf, streamSignalOf } from './request.ts';
import { compileProcedure } from './run-procedure.ts';
import { admitCalls, type Calls, MAX_BATCH } from './trpc-calls.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What tRPC reads in it. */
    calls: Calls;
  }
}

export interface TrpcOptions {
  readonly router: AnyRouter;
  /** Between two signs of life of a stream, in ms. */
  readonly heartbeat: number;
}

export const trpcPlugin: FastifyPluginAsync<TrpcOptions> = async (app, { router, heartbeat }) => {
  app.setErrorHandler((error, request, reply) => sendTrpcError(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendTrpcError(new AppError('NOT_FOUND'), request, reply));
  const types = new Map(listProcedures(router).map(({ path, type }) => [path, type]));
  app.decorateRequest('calls');
  app.addHook('onRequest', (request, _reply, done) => {
    request.calls = admitCalls(request, types);
    done();
  });
  keepJsonAsText(app);
  const compiled = compileRouter(router, heartbeat);
  app.route<{ Params: { path: string } }>({
    method: ['GET', 'POST'],
    url: '/:path',
    handler: async (request, reply) => {
      const { isBatch, isSubscription } = request.calls;
      const signal = isSubscription ? streamSignalOf(request, reply) : signalOf(reply);
      const response = await resolveResponse({
        router: compiled,
        path: request.params.path,
        req: toWebRequest(request, signal),
        error: null,
        maxBatchSize: MAX_BATCH,
        allowMethodOverride: true,
        createContext: async () => createContext(app.deps, request, reply, { door: 'trpc', isBatch, signal }),
        onError: ({ error }) => logInternal(error, request),
        responseMeta: ({ errors, ctx }) => {
          const [first] = errors;
          const headers = first ? listErrorHeaders(first, ctx !== undefined && ctx.request.bearer !== null) : {};
          // tRPC's own would take the place of those that are set already.
          return { headers: { ...headers, vary: 'origin, trpc-accept, accept', 'cache-control': 'no-store' } };
        },
      });
      return sendResponse(response, reply);
    },
  });
};

/** The same router, its procedures run by our own walk. tRPC keeps them flat, by dotted path; its type shows them nested. */
function compileRouter(router: AnyRouter, heartbeat: number): AnyRouter {
  const known = router._def.procedures as object as Readonly<Record<string, object>>;
  // Without a prototype: `toString` is no procedure.
  const procedures: Record<string, unknown> = Object.create(null);
  for (const entry of listProcedures(router))
    procedures[entry.path] = Object.assign(compileProcedure(entry), known[entry.path]);
  const { sse, ...config } = router._def._config;
  const ping = { enabled: true, intervalMs: heartbeat };
  return { ...router, _def: { ...router._def, _config: { ...config, sse: { ...sse, ping } }, procedures } };
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
