// AuthCenterError: the one class that everything rejects with, and how anything thrown becomes one.
import type { ErrorBody, ErrorCode, FieldError } from '@authcenter/shared/errors';
import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from './router.ts';

/**
 * What went wrong: a code of the server's error table, `NETWORK_ERROR` when no answer of an AuthCenter came, `ABORTED` when the
 * caller's own signal ended the call, `ACCESS_DENIED` when the person said no, at a sign-in provider or to a passkey.
 *
 * @example
 * import type { AuthCenterErrorCode } from '@authcenter/client';
 *
 * const texts: Partial<Record<AuthCenterErrorCode, string>> = { INVALID_CREDENTIALS: 'Wrong password', NETWORK_ERROR: 'You are offline' };
 */
export type AuthCenterErrorCode = ErrorCode | 'NETWORK_ERROR' | 'ABORTED' | 'ACCESS_DENIED';

interface ErrorFacts extends Partial<Omit<ErrorBody, 'code'>> {
  readonly code: AuthCenterErrorCode;
  readonly cause?: unknown;
  readonly shape?: AuthCenterError['shape'];
  readonly meta?: Record<string, unknown> | undefined;
}

/**
 * Every rejection of `api` and `auth`.
 *
 * @example
 * import { AuthCenterError, createAuthCenter } from '@authcenter/client';
 *
 * const { auth } = createAuthCenter({ url: 'https://auth.example.com' });
 * try {
 *   await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
 * } catch (error) {
 *   if (!(error instanceof AuthCenterError)) throw error;
 *   if (error.code === 'ACCOUNT_LOCKED') console.log(`Locked, try again in ${error.retryAfter} s`);
 *   else console.log(error.message, error.requestId);
 * }
 */
export class AuthCenterError extends TRPCClientError<AppRouter> {
  /** Stable name of what went wrong. */
  readonly code: AuthCenterErrorCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The request's id in the server's logs. */
  readonly requestId: string | undefined;
  /** Whole seconds after which a retry may succeed. */
  readonly retryAfter: number | undefined;
  /** The fields that do not fit (`VALIDATION_FAILED`); empty otherwise. */
  readonly issues: readonly FieldError[];
  /** The permission that is missing (`PERMISSION_DENIED`). */
  readonly permission: string | undefined;

  /** @param facts - what is known of the failure; `retry_after` in seconds */
  constructor(facts: ErrorFacts) {
    super(facts.detail ?? facts.code, {
      ...(facts.shape ? { result: { error: facts.shape } } : {}),
      ...(facts.cause instanceof Error ? { cause: facts.cause } : {}),
      ...(facts.meta ? { meta: facts.meta } : {}),
    });
    // TRPCClientError sets its own prototype.
    Object.setPrototypeOf(this, new.target.prototype);
    this.name = 'AuthCenterError';
    this.code = facts.code;
    this.status = facts.status ?? 0;
    this.requestId = facts.request_id;
    this.retryAfter = facts.retry_after;
    this.issues = facts.errors ?? [];
    this.permission = facts.permission;
  }
}

/** Whether a body carries the fields of the server's own errors. */
export const isErrorBody = (body: unknown): body is ErrorBody =>
  typeof body === 'object' &&
  body !== null &&
  typeof Reflect.get(body, 'code') === 'string' &&
  typeof Reflect.get(body, 'status') === 'number';

/** @param aborted - whether the caller's signal ended the call */
export function toAuthCenterError(thrown: unknown, aborted = false): AuthCenterError {
  if (aborted) return new AuthCenterError({ code: 'ABORTED', detail: 'The call was aborted', cause: thrown });
  if (thrown instanceof AuthCenterError) return thrown;
  if (thrown instanceof TRPCClientError && isErrorBody(thrown.data)) {
    return new AuthCenterError({ ...thrown.data, shape: thrown.shape, cause: thrown.cause, meta: thrown.meta });
  }
  const detail = thrown instanceof Error ? thrown.message : 'The request failed';
  return new AuthCenterError({ code: 'NETWORK_ERROR', detail, cause: thrown });
}
