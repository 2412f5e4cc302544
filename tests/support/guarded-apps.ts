// One small service, built on each of the frameworks that the SDK has middlewares for, listening for real.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, serve } from '@hono/node-server';
import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import type { RequestAuth } from '../../client-sdk/src/fastify.ts';
import type { AuthOptions } from '../../client-sdk/src/guard/middlewares.ts';
import type { Verifier } from '../../client-sdk/src/verify.ts';
import type { importPackedSdk } from './packed-sdk.ts';
import type { Answer } from './server.ts';

type Sdk = Awaited<ReturnType<typeof importPackedSdk>>;

export const FRAMEWORKS = ['fastify', 'express', 'hono', 'next', 'trpc'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** `open` is for anybody, `me` for whoever is known, `editors` for a role, `publish` for a permission; `may` asks for that one inside. */
export type Route = 'open' | 'me' | 'editors' | 'publish' | 'may';

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** What the handler was told of the caller; undefined when it was not called. */
  readonly auth: RequestAuth | null | undefined;
  /** What the handler found out of the caller's permission to publish, where it asks. */
  readonly may?: boolean;
  readonly problem: Answer;
}

export interface GuardedApp {
  readonly framework: Framework;
  get(route: Route, token?: string, headers?: Record<string, string>): Promise<GuardedAnswer>;
  close(): Promise<void>;
}

interface Running {
  readonly port: number;
  close(): Promise<unknown>;
}

const askFor = async ({ verifier }: { readonly verifier: Verifier }, auth: RequestAuth | null | undefined) => ({
  auth,
  may: auth && (await verifier.checkPermission(auth, 'knowledge', 'PUBLISH')),
});

const closing = (server: { close(done: () => void): unknown }) => () =>
  new Promise<void>((resolve) => server.close(() => resolve()));

const portOf = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port;

const listen = async (server: Server): Promise<Running> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: portOf(server), close: closing(server) };
};

async function startFastify({ fastify }: Sdk, options: AuthOptions): Promise<Running & { end(): void }> {
  const auth = fastify.createAuth(options);
  const app = Fastify({ forceCloseConnections: true });
  const answer = async (request: { auth?: RequestAuth }) => ({ auth: request.auth ?? null });
  app.get('/open', { onRequest: auth.optionalAuth() }, answer);
  app.get('/me', { onRequest: auth.requireAuth() }, answer);
  app.get('/editors', { preHandler: auth.requireRole('Editor', 'Author') }, answer);
  app.get('/publish', { preValidation: auth.requirePermission('Knowledge_Base', 'publish') }, answer);
  app.get('/may', { onRequest: auth.requireAuth() }, (request) => askFor(auth, request.auth));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: portOf(app.server), close: () => app.close(), end: () => auth.verifier.close() };
}

async function startExpress(sdk: Sdk, options: AuthOptions): Promise<Running & { end(): void }> {
  const auth = sdk.express.createAuth(options);
  const app = express();
  const answer = (req: express.Request, res: express.Response) => void res.json({ auth: req.auth ?? null });
  app.get('/open', auth.optionalAuth(), answer);
  app.get('/me', auth.requireAuth(), answer);
  app.get('/editors', auth.requireRole('Editor', 'Author'), answer);
  app.get('/publish', auth.requirePermission('Knowledge_Base', 'publish'), answer);
  app.get('/may', auth.requireAuth(), (req, res, next) => {
    askFor(auth, req.auth).then((found) => res.json(found), next);
  });
  return { ...(await listen(createServer(app))), end: () => auth.verifier.close() };
}

async function startHono({ hono }: Sdk, options: AuthOptions): Promise<Running & { end(): void }> {
  const auth = hono.createAuth(options);
  const app = new Hono()
    .get('/open', auth.optionalAuth(), (c) => c.json({ auth: c.var.auth }))
    .get('/me', auth.requireAuth(), (c) => c.json({ auth: c.var.auth }))
    .get('/editors', auth.requireRole('Editor', 'Author'), (c) => c.json({ auth: c.get('auth') }))
    .get('/publish', auth.requirePermission('Knowledge_Base', 'publish'), (c) => c.json({ auth: c.get('auth') }))
    .get('/may', auth.requireAuth(), async (c) => c.json(await askFor(auth, c.var.auth)));
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const starting = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(starting));
  });
  return { port: portOf(server as Server), close: closing(server), end: () => auth.verifier.close() };
}

/** Route handlers take and give the web platform's own requests and answers: nothing of Next.js itself is needed. */
async function startNext({ next }: Sdk, options: AuthOptions): Promise<Running & { end(): void }> {
  const auth = next.createAuth(options);
  const { middleware } = auth.requireAuth();
  const context = { params: Promise.resolve({}) };
  const routes: Record<string, (request: Request, context: object) => Promise<Response>> = {
    '/open': auth.optionalAuth()((request) => Response.json({ auth: request.auth })),
    // As in a project whose middleware guards all, and whose handlers ask again.
    '/me': async (request) =>
      (await middleware(request)) ??
      auth.requireAuth()(async (again) => Response.json({ auth: again.auth }))(request, context),
    '/editors': auth.requireRole('Editor', 'Author')(async (request) => Response.json({ auth: request.auth })),
    '/publish': auth.requirePermission('Knowledge_Base', 'publish')((request) => Response.json({ auth: request.auth })),
    '/may': auth.requireAuth()(async (request) => Response.json(await askFor(auth, request.auth))),
  };
  const fetch = async (request: Request) =>
    (await routes[new URL(request.url).pathname]?.(request, context)) ?? new Response(null, { status: 404 });
  return { ...(await listen(createServer(getRequestListener(fetch)))), end: () => auth.verifier.close() };
}

async function startTrpc({ trpc }: Sdk, options: AuthOptions): Promise<Running & { end(): void }> {
  const auth = trpc.createAuth(options);
  const t = initTRPC.context<typeof trpc.authContext>().create({ errorFormatter: trpc.authErrorFormatter });
  const router = t.router({
    open: t.procedure.use(auth.optionalAuth()).query(({ ctx }) => ({ auth: ctx.auth })),
    me: t.procedure.use(auth.requireAuth()).query(({ ctx }) => ({ auth: ctx.auth })),
    editors: t.procedure.use(auth.requireRole('Editor', 'Author')).query(({ ctx }) => ({ auth: ctx.auth })),
    publish: t.procedure
      .use(auth.requirePermission('Knowledge_Base', 'publish'))
      .query(({ ctx }) => ({ auth: ctx.auth })),
    may: t.procedure.use(auth.requireAuth()).query(({ ctx }) => askFor(auth, ctx.auth)),
  });
  const server = createHTTPServer({ router, createContext: trpc.authContext, responseMeta: trpc.authResponseMeta });
  return { ...(await listen(server as Server)), end: () => auth.verifier.close() };
}

const starters = {
  fastify: startFastify,
  express: startExpress,
  hono: startHono,
  next: startNext,
  trpc: startTrpc,
} satisfies Record<Framework, unknown>;

export async function startGuardedApp(sdk: Sdk, framework: Framework, options: AuthOptions): Promise<GuardedApp> {
  const { port, close, end } = await starters[framework](sdk, options);
  return {
    framework,
    async get(route, token, headers = {}) {
      const bearer: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(`http://127.0.0.1:${port}/${route}`, {
        headers: { ...bearer, ...headers, connection: 'close' },
      });
      const body: Answer = await response.json();
      const isTrpc = framework === 'trpc';
      return {
        status: response.status,
        headers: response.headers,
        auth: isTrpc ? body.result?.data.auth : body.auth,
        ...(route === 'may' ? { may: isTrpc ? body.result?.data.may : body.may } : {}),
        problem: isTrpc ? body.error?.data.problem : response.ok ? undefined : body,
      };
    },
    async close() {
      end();
      await close();
    },
  };
}
