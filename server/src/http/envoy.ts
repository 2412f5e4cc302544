// Envoy's question: it asks by the method of the request that it guards, and appends that request's path and query to its own prefix.
import type { FastifyPluginCallback } from 'fastify';
import { AppError } from '../errors.ts';
import { sendProblem } from './errors.ts';
import { listProcedures, type Router } from './procedures.ts';
import { createContext } from './request.ts';
import { compileProcedure } from './run-procedure.ts';

/** Stands for a question without a permission. */
const NOTHING = '-';

/** Whoever stands between and resolves them would change the question (RFC 3986 §5.2.4). */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|\?|$)/i;

/** `/auth/forward/resource=knowledge&action=READ/…`: what comes behind is the caller's own, and is not looked at. */
export const envoyPlugin: FastifyPluginCallback<{ readonly router: Router }> = (app, { router }, done) => {
  const procedure = listProcedures(router).find(({ path }) => path === 'auth.forward');
  if (!procedure) return done();
  const run = compileProcedure(procedure);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  // A body would be the application's.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
  app.all('/auth/forward/:question/*', async (request, reply) => {
    const { question } = request.params as { readonly question: string };
    const ctx = createContext(request.server.deps, request, reply, { door: 'rest' });
    const getRawInput = async () => {
      if (DOT_SEGMENT.test(request.url))
        throw new AppError('VALIDATION_FAILED', { detail: 'The path has dot segments: let Envoy normalize it' });
      return question === NOTHING ? {} : Object.fromEntries(new URLSearchParams(question));
    };
    try {
      return await run({ ctx, getRawInput });
    } catch (error) {
      return sendProblem(error, request, reply);
    }
  });
  done();
};
