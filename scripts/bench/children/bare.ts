// What the doors are measured against: Fastify with nothing on it, and tRPC on Fastify with nothing on it.
import { initTRPC } from '@trpc/server';
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import Fastify from 'fastify';
import superjson from 'superjson';
import { serveParent } from './serve.ts';

let answer: unknown = {};

// The body is read and parsed, nothing in it is looked at.
const fastify = Fastify();
fastify.post('/answer', async () => answer);

const t = initTRPC.create({ transformer: superjson, isDev: false, isServer: true });
const procedure = t.procedure.input((input: unknown) => input).query(() => answer);
const router = t.router({ rbac: { check: procedure } });
const trpc = Fastify();
await trpc.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions: { router, allowMethodOverride: true } });

const rest = await fastify.listen({ port: 0, host: '127.0.0.1' });
const rpc = await trpc.listen({ port: 0, host: '127.0.0.1' });
serveParent(
  { rest, rpc },
  {
    answerWith: (given: unknown) => {
      answer = given;
    },
  },
  async () => undefined,
);
