// The REST door: native Fastify routes under /api/v1 from the same router, by trpc-openapi's meta convention.
import { callTRPCProcedure } from '@trpc/server';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { assertPlainJson } from '../platform/wire.ts';
import { appRouter } from '../router.ts';
import { compileDecoder } from './decode.ts';
import { sendProblem } from './errors.ts';
import { listProcedures, type ProcedureEntry } from './procedures.ts';
import { createContext, signalOf } from './request.ts';

export const REST_PREFIX = '/api/v1';

export const restPlugin: FastifyPluginCallback = (app, _options, done) => {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  for (const entry of listProcedures())
    app.route({
      method: entry.method,
      url: entry.restPath.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: createHandler(entry),
    });
  done();
};

function createHandler({ path, type, method, declaration, restPath, input }: ProcedureEntry) {
  const status = declaration.status ?? 200;
  const hasBody = method === 'POST' || method === 'PUT';
  const decode = compileDecoder(input, hasBody ? 'json' : 'query');
  const parameters = [...restPath.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

  const readInput = (request: FastifyRequest): unknown => {
    const query = request.query as Record<string, unknown>;
    const sent = hasBody ? request.body : query;
    if (hasBody && Object.keys(query).length > 0)
      refuse(Object.keys(query), 'does not stand in the query, send it in the body');
    if (!hasBody && request.body != null) refuse([''], `${method} takes no body`);
    assertPlainJson(sent);
    if (parameters.length > 0 && typeof sent === 'object' && sent !== null) {
      const twice = parameters.filter((name) => Object.hasOwn(sent, name));
      if (twice.length > 0) refuse(twice, 'stands in the path alone');
    }
    const whole =
      parameters.length === 0
        ? sent
        : typeof sent === 'object' || sent === undefined
          ? { ...sent, ...(request.params as object) }
          : sent;
    return decode ? decode(whole) : whole;
  };

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const ctx = createContext(request.server.deps, request, reply, {
      door: 'rest',
      signal: declaration.limit === 'login' || declaration.limit === 'register' ? signalOf(reply) : undefined,
    });
    try {
      const result = await callTRPCProcedure({
        router: appRouter,
        path,
        type,
        ctx,
        getRawInput: async () => readInput(request),
        signal: undefined,
        batchIndex: 0,
      });
      reply.code(status);
      return status === 204 || result === undefined ? reply.send() : reply.send(result);
    } catch (error) {
      return sendProblem(error, request, reply);
    }
  };
}

function refuse(paths: readonly string[], message: string): never {
  throw new AppError('VALIDATION_FAILED', { errors: paths.map((path) => ({ path, message })) });
}
