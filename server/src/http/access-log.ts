// Request ids, trace context, security headers of answers, and one access line per request.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const WELL_FORMED = /^[A-Za-z0-9._-]{8,128}$/;

/** A request id of the caller's is kept when it is well-formed: it goes into logs. */
export function makeRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : randomUUID();
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; all zeros and version ff are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Anything may hold a token; what may be kept says so itself. */
export const headersOfAll = (request: FastifyRequest) => ({ 'x-request-id': request.id, 'cache-control': 'no-store' });

export function addAccessLog(app: FastifyInstance): void {
  const { access } = app.deps.log;
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headersOfAll(request));
    // Not Fastify's onResponse: it is not called for clients that go away, which is how streams mostly end.
    if (access.isLevelEnabled('info')) reply.raw.once('close', () => access.info(describeRequest(request, reply)));
    done();
  });
}

/** Without the query: what is typed into searches is nobody's business here, nor is the path of a request that a gateway guards. */
function describePath({ url, routeOptions }: FastifyRequest): string | undefined {
  const route = routeOptions.url;
  return route?.endsWith('/*') ? route : url.split('?')[0];
}

function describeRequest(request: FastifyRequest, reply: FastifyReply): object {
  const { traceparent } = request.headers;
  const trace = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return {
    request_id: request.id,
    method: request.method,
    path: describePath(request),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    ip: request.ip,
    ...(request.ctx?.caller ? { caller: request.ctx.caller.id } : {}),
    ...(trace ? { trace_id: trace } : {}),
    ...(reply.raw.writableEnded ? {} : { aborted: true }),
  };
}
