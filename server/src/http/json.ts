// JSON bodies: kept as text until the guard has let the caller in, so that nobody else is told what is wrong with one.
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';

/** Of all content types JSON alone is read: a page of any site can post text and forms without asking first. */
export function keepJsonAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/**
 * Reads a body that was kept as text; an empty one is none, whatever its content type says. Keys that reach prototypes come
 * through, for `assertPlainJson` to refuse.
 *
 * @throws AppError VALIDATION_FAILED
 */
export function parseJson(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw new AppError('VALIDATION_FAILED', { detail: 'The input is not valid JSON' });
  }
}
