// What a service may write with the middlewares of each framework: compiled against the packed package, never run.
import * as forExpress from '@authcenter/client/express';
import * as forFastify from '@authcenter/client/fastify';
import * as forHono from '@authcenter/client/hono';
import * as forNext from '@authcenter/client/next';
import * as forTrpc from '@authcenter/client/trpc';
import { createVerifier, type Verifier } from '@authcenter/client/verify';
import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

const options: forFastify.AuthOptions = { url: 'https://auth.example.com', clientId: 'x', clientSecret: 'y' };
const verifier: Verifier = createVerifier(options);
type RequestAuth = forFastify.RequestAuth;
isExactly<RequestAuth['user_id'], string>(true);
isExactly<RequestAuth['permissions'], readonly string[] | null>(true);
isExactly<RequestAuth['sid'], string | null>(true);

// Fastify: hooks fit routes whatever their generics
const fastifyAuth: forFastify.FastifyAuth = forFastify.createAuth(options);
const app = Fastify();
app.addHook('onRequest', fastifyAuth.optionalAuth());
app.get<{ Params: { id: string }; Querystring: { page: number } }>(
  '/documents/:id',
  { onRequest: fastifyAuth.requireAuth(), preHandler: [fastifyAuth.requirePermission('knowledge', 'READ')] },
  async (request) => {
    isExactly<typeof request.auth, RequestAuth | undefined>(true);
    return `${request.params.id} for ${request.auth?.username}`;
  },
);

// Express
const expressAuth: forExpress.ExpressAuth = forExpress.createAuth({ verifier });
const web = express();
web.use(expressAuth.optionalAuth());
web.get('/documents/:id', expressAuth.requireAuth(), expressAuth.requireRole('Editor', 'Admin'), (req, res) => {
  isExactly<typeof req.auth, forExpress.RequestAuth | undefined>(true);
  res.send(`${req.params.id} for ${req.auth?.username}`);
});

// Hono: who it is stands in the types of the handlers behind
const honoAuth: forHono.HonoAuth = forHono.createAuth({ verifier });
export const hono = new Hono<{ Bindings: { KEY: string } }>()
  .get('/me', honoAuth.requireAuth(), (c) => {
    isExactly<typeof c.var.auth, forHono.RequestAuth>(true);
    return c.json(c.var.auth);
  })
  .get('/', honoAuth.optionalAuth(), (c) => {
    isExactly<typeof c.var.auth, forHono.RequestAuth | null>(true);
    return c.text(c.get('auth')?.username ?? c.env.KEY);
  });

// Next.js
const nextAuth: forNext.NextAuth = forNext.createAuth({ verifier });
export const GET = nextAuth.requirePermission(
  'knowledge',
  'READ',
)(async (request, { params }: { params: Promise<{ id: string }> }) => {
  isExactly<typeof request.auth, forNext.RequestAuth>(true);
  return Response.json({ id: (await params).id, url: request.url });
});
isExactly<ReturnType<typeof GET>, Promise<Response>>(true);
interface NextRequest extends Request {
  readonly nextUrl: URL;
}
export const POST = nextAuth.optionalAuth()((request: NextRequest & { auth: RequestAuth | null }) =>
  Response.json({ path: request.nextUrl.pathname, user: request.auth?.username }),
);
export const { middleware } = nextAuth.requireAuth();
isExactly<ReturnType<typeof middleware>, Promise<Response | undefined>>(true);

// tRPC: with a context of one's own, and with nothing but what is needed
const trpcAuth: forTrpc.TrpcAuth = forTrpc.createAuth({ verifier });
const createContext = (given: { req: { headers: Record<string, string | string[] | undefined> } }) => ({
  ...forTrpc.authContext(given),
  db: new Map<string, number>(),
});
const t = initTRPC
  .context<typeof createContext>()
  .meta<{ slow: boolean }>()
  .create({ errorFormatter: forTrpc.authErrorFormatter });
const router = t.router({
  me: t.procedure.use(trpcAuth.requireAuth()).query(({ ctx }) => {
    isExactly<typeof ctx.auth, forTrpc.RequestAuth>(true);
    isExactly<typeof ctx.db, Map<string, number>>(true);
    return ctx.auth.username;
  }),
  open: t.procedure.use(trpcAuth.optionalAuth()).query(({ ctx }) => {
    isExactly<typeof ctx.auth, forTrpc.RequestAuth | null>(true);
    return ctx.auth?.username ?? 'nobody';
  }),
  both: t.procedure
    .use(trpcAuth.requireRole('Editor'))
    .use(trpcAuth.requirePermission('knowledge', 'PUBLISH'))
    .mutation(({ ctx }) => ctx.auth.user_id),
});
const bare = initTRPC.context<typeof forTrpc.authContext>().create();
bare.procedure.use(trpcAuth.requireAuth());
createHTTPServer({ router, createContext, responseMeta: forTrpc.authResponseMeta });
export const problemOf = (data: { problem?: forTrpc.Problem }): string | undefined => data.problem?.code;
fastifyAuth.verifier.close();
