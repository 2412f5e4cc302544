// From anything thrown to what the caller is told: one description for both doors.
import { ERRORS, type ErrorBody, type ErrorCode, type FieldError, OAUTH_ERRORS } from '@authcenter/shared/errors';
import { TRPCError } from '@trpc/server';
import { ZodError, type z } from 'zod';
import { BEARER_ERRORS } from './access.ts';
import './issue-words.ts';
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
  if (cause instanceof ZodError) return { errors: tellIssues(cause.issues) };
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
      (details.permission ? `${title}: ${details.permission}` : details.errors ? summarize(details.errors) : title),
    request_id: audience.id,
    ...(details.errors ? { errors: details.errors } : {}),
    ...(details.retryAfter === undefined ? {} : { retry_after: details.retryAfter }),
    ...(details.permission === undefined ? {} : { permission: details.permission }),
    ...(OAUTH_ERRORS[code] === undefined ? {} : { error: OAUTH_ERRORS[code] }),
  };
}

/** So many fields are told of: a body of a hundred thousand unknown keys must not cost as many lines. */
const MAX_ERRORS = 20;
/** So many of them in one line. */
const MAX_IN_DETAIL = 5;

const summarize = (errors: readonly FieldError[]): string =>
  errors
    .slice(0, MAX_IN_DETAIL)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ');

function tellIssues(issues: readonly z.core.$ZodIssue[]): FieldError[] {
  const told = listIssues(issues).take(MAX_ERRORS).toArray();
  const left = countIssues(issues) - told.length;
  return left > 0 ? [...told, { path: '', message: `and ${left} more` }] : told;
}

/** One at a time: the caller stops when it has enough. */
function* listIssues(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): Generator<FieldError, void> {
  for (const issue of issues) {
    const path = [...prefix, ...issue.path];
    const nearest = findNearest(issue);
    if (nearest) yield* listIssues(nearest, path);
    else if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) yield { path: [...path, key].join('.'), message: 'is not a known field' };
    else yield { path: path.join('.'), message: issue.message };
  }
}

function countIssues(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => {
    const nearest = findNearest(issue);
    if (nearest) return sum + countIssues(nearest);
    return sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1);
  }, 0);
}

/** A union tells of the branch that came nearest: the one whose issues are fewest. */
function findNearest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  return [...issue.errors].sort((a, b) => distance(a) - distance(b))[0];
}

/** Fields that are unknown weigh more than fields that are wrong: they tell that another branch was meant. */
const distance = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1), 0);

/** Headers that go with a code (RFC 6749 §5.2, RFC 6750 §3, RFC 9110 §10.2.3). */
export function listErrorHeaders(error: unknown, hasCredentials: boolean): Record<string, string> {
  const { code, details } = describeError(error);
  const headers: Record<string, string> = {};
  if (details.retryAfter !== undefined) headers['retry-after'] = String(details.retryAfter);
  if (details.challenge) headers['www-authenticate'] = `Bearer error="${details.challenge}"`;
  else if (code === 'INVALID_CLIENT') headers['www-authenticate'] = 'Basic realm="authcenter"';
  else if (BEARER_CODES.has(code))
    headers['www-authenticate'] = hasCredentials ? 'Bearer error="invalid_token"' : 'Bearer';
  return headers;
}

const BEARER_CODES = new Set<ErrorCode>(BEARER_ERRORS);

/** The code that metrics and logs name. */
export const codeOf = (error: unknown): ErrorCode => describeError(error).code;
