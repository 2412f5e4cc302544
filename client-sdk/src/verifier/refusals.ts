// The errors that a verifier makes itself, in the words of the server's table.
import { ERRORS, type ErrorCode } from '@authcenter/shared/errors';
import { AuthCenterError, toAuthCenterError } from '../error.ts';

export function refuse(code: ErrorCode, detail: string = ERRORS[code].en): AuthCenterError {
  const { status } = ERRORS[code];
  return new AuthCenterError({ code, status, detail, ...(status === 503 ? { retry_after: 1 } : {}) });
}

/** The time for an answer is the verifier's own: nobody aborted anything. */
export function toAnswerError(thrown: unknown): AuthCenterError {
  const error = toAuthCenterError(thrown);
  const isLate = error.code === 'ABORTED' || isAbort(thrown) || isAbort(error.cause);
  return isLate
    ? new AuthCenterError({ code: 'NETWORK_ERROR', detail: 'The server did not answer in time', cause: thrown })
    : error;
}

const isAbort = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError');
