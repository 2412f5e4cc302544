// Errors on the wire: problem+json (RFC 9457) over REST, tRPC's envelope over tRPC; what Fastify itself refuses in the same forms.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ERRORS, type ErrorBody } from '@authcenter/shared/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { answerError, describeError, listErrorHeaders } from '../answer-error.ts';
import { AppError } from '../errors.ts';
import type { ErrorShape } from '../procedure.ts';
import { headersOfAll } from './access-log.ts';
import { readBearer, readLanguage } from './request.ts';

const FASTIFY_CODES: Record<number, AppError['code']> = {
  400: 'VALIDATION_FAILED',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  431: 'PAYLOAD_TOO_LARGE',
};

/** What Fastify refused, in our words; anything else unchanged. */
function translate(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const { statusCode, code } = error as Partial<FastifyError>;
  const known =
    typeof code === 'string' && code.startsWith('FST_') && statusCode !== undefined
      ? FASTIFY_CODES[statusCode]
      : undefined;
  return known ? new AppError(known, known === 'VALIDATION_FAILED' ? { detail: error.message } : {}) : error;
}

interface Answered {
  readonly body: ErrorBody;
  readonly headers: Record<string, string>;
}

function answer(thrown: unknown, request: FastifyRequest): Answered {
  const error = translate(thrown);
  logInternal(error, request);
  const headers = listErrorHeaders(error, readBearer(request.headers.authorization) !== null);
  return { body: answerError(error, { id: request.id, language: () => readLanguage(request) }), headers };
}

/** Causes stay here, with the request id that the caller is told. */
export function logInternal(error: unknown, request: FastifyRequest): void {
  const { code } = describeError(error);
  // The client went away before it was answered: nobody's fault.
  if (isAborted(error)) return;
  if (code === 'INTERNAL')
    request.server.deps.log.error.error(
      { error, request_id: request.id, url: request.url.split('?')[0] },
      'internal error',
    );
  else if (code === 'DEPENDENCY_UNAVAILABLE')
    request.server.deps.log.error.warn({ error, request_id: request.id }, 'dependency unavailable');
}

const isAborted = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'AbortError' || (error.cause instanceof Error && error.cause.name === 'AbortError'));

/** @param ofOAuth - at an endpoint of OAuth 2.0, where what does not fit has a name of its own (RFC 6749 §5.2) */
export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  ofOAuth = false,
): FastifyReply {
  const { body: told, headers } = answer(thrown, request);
  const body = ofOAuth && told.code === 'VALIDATION_FAILED' ? { ...told, error: 'invalid_request' } : told;
  return reply
    .code(body.status)
    .headers({ ...headers, 'content-language': readLanguage(request) })
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(toProblem(body)));
}

/** The same problem where the answer has begun already; without headers, so without its status. */
export const describeProblem = (thrown: unknown, request: FastifyRequest) => toProblem(answer(thrown, request).body);

const PROBLEM_TYPE = 'application/problem+json';

const toProblem = ({ code, title, status, ...rest }: ErrorBody) => ({
  type: `urn:authcenter:error:${code}`,
  title,
  status,
  code,
  ...rest,
});

/** JSON-RPC code of errors that come before tRPC: an invalid request. */
const INVALID_REQUEST = -32600;

export function sendTrpcError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { body, headers } = answer(thrown, request);
  const shape: ErrorShape = { message: body.detail, code: INVALID_REQUEST, data: { ...body, httpStatus: body.status } };
  return reply
    .code(body.status)
    .headers(headers)
    .type('application/json')
    .send(JSON.stringify({ error: { json: shape } }));
}

/**
 * What was refused before any route was found, such as a path that cannot be decoded: in the form of the door it knocked at.
 * No hook has run yet.
 */
export function sendFrameworkError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers(headersOfAll(request));
  return request.url.startsWith('/trpc/') ? sendTrpcError(error, request, reply) : sendProblem(error, request, reply);
}

/** What Node refuses before there is a request: headers over its limit, or bytes that are no HTTP. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'PAYLOAD_TOO_LARGE' : 'VALIDATION_FAILED';
  const id = randomUUID();
  const refusal = new AppError(code, code === 'VALIDATION_FAILED' ? { detail: 'This is not an HTTP request' } : {});
  const body = JSON.stringify(toProblem(answerError(refusal, { id, language: () => 'en' })));
  const head = [
    `HTTP/1.1 ${ERRORS[code].status} ${STATUS_CODES[ERRORS[code].status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
