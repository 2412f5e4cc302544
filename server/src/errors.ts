// AppError, the one class that services throw; procedure.ts and http/ turn it into answers.
import { ERRORS, type ErrorCode, type FieldError } from '@authcenter/shared/errors';

export interface ErrorDetails {
  /** What exactly is wrong, in English; the title of the code when absent. Goes to the caller: no internals. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** Whole seconds. */
  readonly retryAfter?: number;
  /** The permission that is missing. */
  readonly permission?: string;
  /** RFC 6750 §3.1 `error` of the WWW-Authenticate header where it is not the code's usual one. */
  readonly challenge?: 'insufficient_scope';
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    // It is an answer, not a fault: nobody reads its stack, and taking it costs as much as the rest of a refusal.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(details.detail ?? ERRORS[code].en);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/**
 * Throws an AppError; made for the right side of `??`.
 *
 * @throws AppError always
 * @example
 * const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
 */
export function fail(code: ErrorCode, details?: ErrorDetails): never {
  throw new AppError(code, details);
}
