// /openapi.json, and /docs: the API reference, served from this process alone.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyError, FastifyPluginAsync } from 'fastify';
import { AppError } from '../errors.ts';
import { sendProblem } from './errors.ts';
import { createOpenApiDocument } from './openapi.ts';

/** The reference's own files and nothing else; `img-src data:` for its icons. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const docsPlugin: FastifyPluginAsync = async (app) => {
  let document: string | undefined;
  // Made at the first request: only then the server's address is certain.
  const read = () => {
    document ??= JSON.stringify(createOpenApiDocument(app.deps.publicUrl()));
    return document;
  };
  app.get('/openapi.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').type('application/json').send(read()),
  );
  app.get('/', async (_request, reply) => reply.redirect('/docs'));
  // Made anew for each request, at 50 ms of everybody's time; /openapi.json says the same.
  app.addHook('onRequest', async ({ routeOptions }) => {
    if (routeOptions.url === '/docs/yaml') throw new AppError('NOT_FOUND');
  });
  // A path that leads out of the files is refused there with a status of its own.
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendProblem(isRefusal(error) ? new AppError('NOT_FOUND') : error, request, reply),
  );
  await app.register(swagger, {
    mode: 'static',
    specification: { document: { openapi: '3.1.0', info: { title: 'AuthCenter', version: '0.1.0' }, paths: {} } },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: CSP,
    theme: { title: 'AuthCenter API' },
    uiConfig: { deepLinking: true },
    transformSpecificationClone: false,
    transformSpecification: () => JSON.parse(read()),
  });
};

const isRefusal = ({ statusCode }: Partial<FastifyError>): boolean => statusCode === 403 || statusCode === 404;
