// From anything thrown to what the caller is told: one description for both doors.
import { ERRORS, type ErrorBody, type ErrorCode, type FieldError } from '@authcenter/shared/errors';
import { TRPCError } from '@trpc/server';
import { ZodError, type z } from 'zod';
import { isDatabaseAway } from './database/errors.ts';
import { AppError, type ErrorDetails } from './errors.ts';

/** What the description needs of the request. */
export interface ErrorAudience {
  readonly id: string;
  language(): 'zh' | 'en';
}

interface Described {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** Codes that tRPC itself throws, in our words. */
const TRPC_CODES: Partial<Record<TRPCError['code'], ErrorCode>> = {
  BAD_REQUEST: 'VALIDATION_FAILED',
  PARSE_ERROR: 'VALIDATION_FAILED',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'NOT_FOUND',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

export function describeError(error: unknown): Described {
  if (error instanceof AppError) return { code: error.code, details: error.details };
  if (error instanceof TRPCError) {
    if (error.cause instanceof AppError || isDatabaseAway(error.cause)) return describeError(error.cause);
    const code = TRPC_CODES[error.code];
    return code ? { code, details: describeRefusal(code, error) } : { code: 'INTERNAL', details: {} };
  }
  if (isDatabaseAway(error)) return { code: 'DEPENDENCY_UNAVAILABLE', details: { retryAfter: 1 } };
  return { code: 'INTERNAL', details: {} };
}

/** What tRPC found wrong before the procedure ran. Of what fails inside one nothing is told: there a ZodError is our own fault. */
function describeRefusal(code: ErrorCode, { cause, message }: TRPCError): ErrorDetails {
  if (code !== 'VALIDATION_FAILED') return {};
  if (cause instanceof ZodError) return { errors: listIssues(cause.issues) };
  return { detail: cause instanceof SyntaxError ? 'The input is not valid JSON' : message };
}

export function answerError(error: unknown, audience: ErrorAudience): ErrorBody {
  const { code, details } = describeError(error);
  const { status, ...titles } = ERRORS[code];
  const title = titles[audience.language()];
  return {
    code,
    status,
    title,
    detail:
      details.detail ??
      (details.permission
        ? `${title}: ${details.permission}`
        : (details.errors?.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ') ?? title)),
    request_id: audience.id,
    ...(details.errors ? { errors: details.errors } : {}),
    ...(details.retryAfter === undefined ? {} : { retry_after: details.retryAfter }),
    ...(details.permission === undefined ? {} : { permission: details.permission }),
  };
}

/** A union tells of the branch that came nearest: the one whose issues are fewest. */
function listIssues(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[] = []): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const nearest = [...issue.errors].sort((a, b) => distance(a) - distance(b))[0];
      return listIssues(nearest ?? [], path);
    }
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }));
    return [{ path: path.join('.'), message: issue.message }];
  });
}

/** Fields that are unknown weigh more than fields that are wrong: they tell that another branch was meant. */
const distance = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1), 0);

/** Headers that go with a code (RFC 6750 §3, RFC 9110 §10.2.3). */
export function listErrorHeaders(error: unknown, hasCredentials: boolean): Record<string, string> {
  const { code, details } = describeError(error);
  const headers: Record<string, string> = {};
  if (details.retryAfter !== undefined) headers['retry-after'] = String(details.retryAfter);
  if (details.challenge) headers['www-authenticate'] = `Bearer error="${details.challenge}"`;
  else if (BEARER_CODES.has(code))
    headers['www-authenticate'] = hasCredentials ? 'Bearer error="invalid_token"' : 'Bearer';
  return headers;
}

const BEARER_CODES = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'TOKEN_STALE',
  'TOKEN_INVALID',
  'SESSION_REVOKED',
]);

/** The code that metrics and logs name. */
export const codeOf = (error: unknown): ErrorCode => describeError(error).code;
