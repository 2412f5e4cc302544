// buildApp(deps): Fastify with every door mounted; never listens.
import type { Socket } from 'node:net';
import cookie from '@fastify/cookie';
import cors, { type FastifyCorsOptions, type FastifyCorsOptionsDelegateCallback } from '@fastify/cors';
import type { AnyRouter } from '@trpc/server';
import Fastify, { type FastifyInstance } from 'fastify';
import { RIGHTS_CHANGED } from './authenticate.ts';
import type { Deps } from './deps.ts';
import { AppError } from './errors.ts';
import { addAccessLog, makeRequestId } from './http/access-log.ts';
import { devOutboxPlugin } from './http/dev-outbox.ts';
import { docsPlugin } from './http/docs.ts';
import { ENVOY_PREFIX, envoyPlugin } from './http/envoy.ts';
import { answerClientError, sendFrameworkError, sendProblem } from './http/errors.ts';
import { healthPlugin } from './http/health.ts';
import { requireHttps } from './http/https.ts';
import { linkPagesPlugin } from './http/link-pages.ts';
import { qrPagePlugin } from './http/qr-page.ts';
import { REST_PREFIX, restPlugin } from './http/rest.ts';
import { addSecurityHeaders } from './http/security-headers.ts';
import { trpcPlugin } from './http/trpc.ts';
import { HEARTBEAT } from './platform/stream.ts';
import { appRouter } from './router.ts';

/** Bodies over this are refused; attachments, when they come, have a limit of their own. */
const BODY_LIMIT = 1024 * 1024;

/** How long a connection may take, in ms. Fastify's own limits are none at all. */
const TIMEOUTS = {
  /** Until the headers are here, and until the body is. */
  headers: 15_000,
  request: 30_000,
  /** How often Node looks for the two above. */
  check: 5_000,
  /** Without a byte either way: longer than a sign-in waits for its hash and the database's own timeout together. */
  silence: 60_000,
} as const;

declare module 'fastify' {
  interface FastifyInstance {
    readonly deps: Deps;
    /** True from the first sign of the end on: readiness goes false before the doors close. */
    isStopping(): boolean;
    /** Aborts then: whoever waits for what may never come, waits no longer. */
    readonly stopSignal: AbortSignal;
    announceStop(): void;
  }
}

export interface AppOptions {
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** The product's when absent. */
  readonly router?: AnyRouter;
  /** Between two signs of life of a stream, in ms; less than `TIMEOUTS.silence`. */
  readonly heartbeat?: number;
}

export async function buildApp(
  deps: Deps,
  { tls, router = appRouter, heartbeat = HEARTBEAT }: AppOptions = {},
): Promise<FastifyInstance> {
  const { server } = deps.config;
  const limits = { headersTimeout: TIMEOUTS.headers, connectionsCheckingInterval: TIMEOUTS.check };
  const app: FastifyInstance = Fastify({
    ...(tls ? { https: { ...tls, ...limits } } : { http: limits }),
    requestTimeout: TIMEOUTS.request,
    connectionTimeout: TIMEOUTS.silence,
    logger: false,
    genReqId: makeRequestId,
    trustProxy: server.trust_proxy.length > 0 ? [...server.trust_proxy] : false,
    bodyLimit: BODY_LIMIT,
    // A batch names all its procedures in the path.
    routerOptions: { maxParamLength: 5000, ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
    clientErrorHandler: endClientError,
    frameworkErrors: (error, request, reply) => void sendFrameworkError(error, request, reply),
  });
  const stop = new AbortController();
  app.decorate('deps', deps);
  app.decorate('isStopping', () => stop.signal.aborted);
  app.decorate('stopSignal', stop.signal);
  app.decorate('announceStop', () => stop.abort());
  app.addHook('preClose', async () => stop.abort());
  app.decorateRequest('ctx', null);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendProblem(new AppError('NOT_FOUND'), request, reply));

  addAccessLog(app);
  requireHttps(app);
  await addSecurityHeaders(app);
  if (server.cors_origins.length > 0) await app.register(cors, { delegator: delegateCors(server.cors_origins) });
  // Cookies are parsed where one is read.
  await app.register(cookie, { hook: false });
  await app.register(healthPlugin);
  await app.register(linkPagesPlugin);
  await app.register(qrPagePlugin);
  await app.register(docsPlugin);
  if (server.mode === 'development') await app.register(devOutboxPlugin);
  await app.register(restPlugin, { prefix: REST_PREFIX, router, heartbeat });
  await app.register(envoyPlugin, { prefix: REST_PREFIX, router });
  await app.register(trpcPlugin, { prefix: '/trpc', router, heartbeat });
  return app;
}

/** Who took too long is told so; what is no HTTP is answered as a problem. */
function endClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' || !socket.writable) answerClientError(error, socket);
  else socket.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
}

/** What a gateway asks on somebody's behalf is no page's request: an answer to a preflight would be taken for one to the question. */
function delegateCors(origins: readonly string[]): FastifyCorsOptionsDelegateCallback {
  const options = listCorsOptions(origins);
  return ({ routeOptions }, answer) =>
    answer(null, routeOptions.url === `${REST_PREFIX}${ENVOY_PREFIX}*` ? { origin: false } : options);
}

function listCorsOptions(origins: readonly string[]): FastifyCorsOptions {
  const open = origins.includes('*');
  return {
    origin: open ? '*' : [...origins],
    credentials: !open,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'accept-language',
      'idempotency-key',
      'x-request-id',
      'traceparent',
      'trpc-accept',
    ],
    exposedHeaders: ['x-request-id', 'retry-after', 'www-authenticate', RIGHTS_CHANGED],
    maxAge: 600,
    // Else an OPTIONS that is no preflight is refused in plain text.
    strictPreflight: false,
  };
}
