// The REST door: native Fastify routes under /api/v1 from the same router, by trpc-openapi's meta convention.
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { assertPlainJson } from '../platform/wire.ts';
import { compileDecoder } from './decode.ts';
import { sendErrorPage, wantsPage } from './error-page.ts';
import { sendProblem } from './errors.ts';
import { createStreamHandler } from './event-stream.ts';
import { isForm, keepFormsAsText, keepJsonAsText, parseForm, parseJson } from './json.ts';
import { createLinesHandler } from './json-lines.ts';
import { listProcedures, type ProcedureEntry, type Router } from './procedures.ts';
import { createContext } from './request.ts';
import { compileProcedure } from './run-procedure.ts';

export const REST_PREFIX = '/api/v1';

export interface RestOptions {
  readonly router: Router;
  /** Between two signs of life of a stream, in ms. */
  readonly heartbeat: number;
}

export const restPlugin: FastifyPluginCallback<RestOptions> = (app, { router, heartbeat }, done) => {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  keepJsonAsText(app);
  keepFormsAsText(app);
  for (const entry of listProcedures(router))
    app.route({
      method: entry.method,
      url: entry.restPath.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: createHandler(entry, heartbeat),
    });
  done();
};

function createHandler(procedure: ProcedureEntry, heartbeat: number) {
  const { method, declaration, restPath, input } = procedure;
  const run = compileProcedure(procedure);
  const status = declaration.status ?? 200;
  const hasBody = method === 'POST' || method === 'PUT';
  const decode = compileDecoder(input, hasBody ? 'json' : 'query');
  const parseBody = (request: FastifyRequest) =>
    declaration.form && isForm(request) ? parseForm(request.body) : parseJson(request.body);
  const parameters = [...restPath.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

  const readInput = (request: FastifyRequest): unknown => {
    const query = request.query as Record<string, unknown>;
    const body = parseBody(request);
    if (body === null) refuse([''], 'must be an object');
    const sent = hasBody ? body : query;
    if (hasBody && Object.keys(query).length > 0)
      refuse(Object.keys(query), 'does not stand in the query, send it in the body');
    if (!hasBody && body !== undefined) refuse([''], `${method} takes no body`);
    assertPlainJson(sent);
    const whole = parameters.length === 0 ? sent : addParameters(sent ?? {}, request.params as object);
    return decode ? decode(whole) : whole;
  };

  const { produces: type } = declaration;
  if (type) return createLinesHandler({ run, readInput, type });
  if (procedure.item) return createStreamHandler({ run, readInput, heartbeat });
  return async (request: FastifyRequest, reply: FastifyReply) => {
    // A page of any site can post a form without asking first.
    if (!declaration.form && isForm(request))
      return sendProblem(new AppError('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send application/json' }), request, reply);
    const ctx = createContext(request.server.deps, request, reply, { door: 'rest' });
    try {
      const result = await run({ ctx, getRawInput: async () => readInput(request) });
      if (status === 302) return reply.redirect((result as { readonly url: string }).url, status);
      reply.code(status);
      return status === 204 || result === undefined ? reply.send() : reply.send(result);
    } catch (error) {
      return status === 302 && wantsPage(request)
        ? sendErrorPage(error, request, reply)
        : sendProblem(error, request, reply, declaration.form);
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
