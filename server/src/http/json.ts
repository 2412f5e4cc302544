// Bodies: kept as text until the guard has let the caller in, so that nobody else is told what is wrong with one.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';

/** Of all content types JSON alone is read: a page of any site can post text and forms without asking first. */
export function keepJsonAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

const FORM = 'application/x-www-form-urlencoded';

export const isForm = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === FORM;

/** Forms too, for the few doors that take them; the others refuse them. */
export function keepFormsAsText(app: FastifyInstance): void {
  app.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/**
 * Reads a form; a field that is there twice is refused (RFC 6749 §3.2).
 *
 * @throws AppError VALIDATION_FAILED
 */
export function parseForm(body: unknown): Record<string, string> {
  const fields = [...new URLSearchParams(typeof body === 'string' ? body : '')];
  const names = fields.map(([name]) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0)
    throw new AppError('VALIDATION_FAILED', { errors: twice.map((path) => ({ path, message: 'stands there twice' })) });
  return Object.fromEntries(fields);
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
