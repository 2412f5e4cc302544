// Envoy's question: it asks by the method of the request that it guards, and appends that request's path and query to its own prefix. So
// the question stands in a header, which Envoy itself sets.
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { sendProblem } from './errors.ts';
import { listProcedures, type Router } from './procedures.ts';
import { createContext } from './request.ts';
import { compileProcedure } from './run-procedure.ts';

/** Under /api/v1; what comes behind is of the guarded request, and neither looked at nor written anywhere. */
export const ENVOY_PREFIX = '/auth/forward/';

export const QUESTION_HEADER = 'x-authcenter-question';

/** Stands for a question without a permission. */
const NOTHING = '-';

export const envoyPlugin: FastifyPluginCallback<{ readonly router: Router }> = (app, { router }, done) => {
  const procedure = listProcedures(router).find(({ path }) => path === 'auth.forward');
  if (!procedure) return done();
  const run = compileProcedure(procedure);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  // A body would be the application's.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
  app.all(`${ENVOY_PREFIX}*`, async (request, reply) => {
    const ctx = createContext(request.server.deps, request, reply, { door: 'rest' });
    try {
      return await run({ ctx, getRawInput: async () => readQuestion(request) });
    } catch (error) {
      return sendProblem(error, request, reply);
    }
  });
  done();
};

/** Whoever leaves it out has not said what to ask: that is no question for whoever is signed in. */
function readQuestion({ headers }: FastifyRequest): Readonly<Record<string, string>> {
  const question = headers[QUESTION_HEADER];
  if (question === NOTHING) return {};
  const fields = typeof question === 'string' ? [...new URLSearchParams(question)] : [];
  if (fields.length === 0 || new Set(fields.map(([name]) => name)).size < fields.length)
    throw new AppError('VALIDATION_FAILED', {
      detail: `Give the question in ${QUESTION_HEADER}: resource=…&action=…, or ${NOTHING} for whoever is signed in`,
    });
  return Object.fromEntries(fields);
}
