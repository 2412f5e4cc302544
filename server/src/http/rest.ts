// The REST door: native Fastify routes under /api/v1 from the same router, by trpc-openapi's meta convention.
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { assertPlainJson } from '../platform/wire.ts';
import { compileDecoder } from './decode.ts';
import { sendProblem } from './errors.ts';
import { keepJsonAsText, parseJson } from './json.ts';
import { listProcedures, type ProcedureEntry } from './procedures.ts';
import { createContext } from './request.ts';
import { compileProcedure } from './run-procedure.ts';

export const REST_PREFIX = '/api/v1';

export const restPlugin: FastifyPluginCallback = (app, _options, done) => {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  keepJsonAsText(app);
  for (const entry of listProcedures())
    app.route({
      method: entry.method,
      url: entry.restPath.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: createHandler(entry),
    });
  done();
};

function createHandler(procedure: ProcedureEntry) {
  const { method, declaration, restPath, input } = procedure;
  const run = compileProcedure(procedure);
  const status = declaration.status ?? 200;
  const hasBody = method === 'POST' || method === 'PUT';
  const decode = compileDecoder(input, hasBody ? 'json' : 'query');
  const parameters = [...restPath.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

  const readInput = (request: FastifyRequest): unknown => {
    const query = request.query as Record<string, unknown>;
    const body = parseJson(request.body);
    if (body === null) refuse([''], 'must be an object');
    const sent = hasBody ? body : query;
    if (hasBody && Object.keys(query).length > 0)
      refuse(Object.keys(query), 'does not stand in the query, send it in the body');
    if (!hasBody && body !== undefined) refuse([''], `${method} takes no body`);
    assertPlainJson(sent);
    const whole = parameters.length === 0 ? sent : addParameters(sent ?? {}, request.params as object);
    return decode ? decode(whole) : whole;
  };

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const ctx = createContext(request.server.deps, request, reply, { door: 'rest' });
    try {
      const result = await run({ ctx, getRawInput: async () => readInput(request) });
      reply.code(status);
      return status === 204 || result === undefined ? reply.send() : reply.send(result);
    } catch (error) {
      return sendProblem(error, request, reply);
    }
  };
}

/** What is no object is left for the schema to refuse. */
function addParameters(sent: unknown, parameters: object): unknown {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
  const twice = Object.keys(parameters).filter((name) => Object.hasOwn(sent, name));
  if (twice.length > 0) refuse(twice, 'stands in the path alone');
  return { ...sent, ...parameters };
}

function refuse(paths: readonly string[], message: string): never {
  throw new AppError('VALIDATION_FAILED', { errors: paths.map((path) => ({ path, message })) });
}
