// JSON bodies: an empty one is none, whatever its content type says.
import type { FastifyInstance } from 'fastify';

export function addJsonParser(app: FastifyInstance): void {
  // Keys that reach prototypes are refused with a clear error by `assertPlainJson`, so they may pass the parser.
  const parse = app.getDefaultJsonParser('ignore', 'ignore');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
