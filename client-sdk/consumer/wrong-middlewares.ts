// What must not compile of the middlewares: each expected error is there, and is told when nobody expects it.
import * as forExpress from '@authcenter/client/express';
import * as forFastify from '@authcenter/client/fastify';
import * as forHono from '@authcenter/client/hono';
import * as forNext from '@authcenter/client/next';
import * as forTrpc from '@authcenter/client/trpc';
import { initTRPC } from '@trpc/server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';

const url = 'https://auth.example.com';
const options = { url };

// @ts-expect-error neither a url nor a verifier
forFastify.createAuth({});
// @ts-expect-error a verifier is more than that
forExpress.createAuth({ verifier: { close() {} } });
// @ts-expect-error nothing else is done in silence
forHono.createAuth({ url, onSilence: 'pass' });
// @ts-expect-error a url is a text
forNext.createAuth({ url: 7 });
// @ts-expect-error it is called clientSecret
forTrpc.createAuth({ url, clientId: 'x', clientsecret: 'y' });

const fastifyAuth = forFastify.createAuth(options);
const app = Fastify();
// @ts-expect-error roles have names
fastifyAuth.requireRole(7);
// @ts-expect-error a resource and an action
fastifyAuth.requirePermission('knowledge:READ');
// @ts-expect-error the hook is to be made first
app.get('/', { onRequest: fastifyAuth.requireAuth }, async () => 'x');
// @ts-expect-error nobody may be there
app.get('/', { onRequest: fastifyAuth.requireAuth() }, async ({ auth }) => auth.username);
// @ts-expect-error it is called user_id
app.get('/', async ({ auth }) => auth?.id);

const expressAuth = forExpress.createAuth(options);
const web = express();
// @ts-expect-error the middleware is to be made first
web.use(expressAuth.requireRole);
// @ts-expect-error nobody may be there
web.get('/', expressAuth.requireAuth(), (req, res) => void res.send(req.auth.username));
// @ts-expect-error not to be changed
web.get('/', expressAuth.requireAuth(), (req) => void req.auth?.roles.push('Admin'));

const honoAuth = forHono.createAuth(options);
// @ts-expect-error nobody is told of without a middleware
new Hono().get('/', (c) => c.text(c.var.auth.username));
// @ts-expect-error nobody may be there
new Hono().get('/', honoAuth.optionalAuth(), (c) => c.text(c.var.auth.username));
// @ts-expect-error it is called user_id
new Hono().get('/', honoAuth.requireAuth(), (c) => c.text(c.var.auth.id));

const nextAuth = forNext.createAuth(options);
// @ts-expect-error a handler answers
nextAuth.requireAuth()(async () => {});
// @ts-expect-error nobody may be there
nextAuth.optionalAuth()((request) => new Response(request.auth.username));
// @ts-expect-error what is called is the handler, not the wrapper
nextAuth.requireAuth()(new Request(url));
// @ts-expect-error a request
nextAuth.requireAuth().middleware(url);

const trpcAuth = forTrpc.createAuth(options);
const t = initTRPC.context<typeof forTrpc.authContext>().create();
// @ts-expect-error nobody may be there
t.procedure.use(trpcAuth.optionalAuth()).query(({ ctx }) => ctx.auth.username);
// @ts-expect-error nobody is told of without a middleware
t.procedure.query(({ ctx }) => ctx.auth);
// @ts-expect-error it is called user_id
t.procedure.use(trpcAuth.requireAuth()).query(({ ctx }) => ctx.auth.id);
// @ts-expect-error where the credentials stand is not known
initTRPC.context<{ authorization: number }>().create().procedure.use(trpcAuth.requireAuth());
// @ts-expect-error nothing to read it from
forTrpc.authContext({});
