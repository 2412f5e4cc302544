// What the fake refuses with, and how any failure is told: the server's error table in the server's shapes.
import {
  ERRORS,
  type ErrorBody,
  type ErrorCode,
  type FieldError,
  isErrorCode,
  OAUTH_ERRORS,
} from '@authcenter/shared/errors';
import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { listIssues } from './issues.ts';

export interface RefusalDetails {
  readonly detail?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  /** Whole seconds. */
  readonly retryAfter?: number | undefined;
  readonly permission?: string | undefined;
  /** RFC 6750 §3.1, where it is not the code's usual one. */
  readonly challenge?: 'insufficient_scope';
}

export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly details: RefusalDetails;

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    super(details.detail ?? ERRORS[code].en);
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}

/** Made for the right side of `??`. */
export function refuse(code: ErrorCode, details?: RefusalDetails): never {
  throw new Refusal(code, details);
}

/** One field that does not fit. */
export const refuseField = (path: string, message: string): never =>
  refuse('VALIDATION_FAILED', { errors: [{ path, message }] });

/** Codes that tRPC itself throws. */
const TRPC_CODES: Partial<Record<TRPCError['code'], ErrorCode>> = {
  BAD_REQUEST: 'VALIDATION_FAILED',
  PARSE_ERROR: 'VALIDATION_FAILED',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'NOT_FOUND',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Whatever was thrown: also by a test's own answer, which may throw anything with a `code` of the table, as `AuthCenterError`. */
export function toRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof ZodError) return new Refusal('VALIDATION_FAILED', { errors: listIssues(thrown.issues) });
  if (thrown instanceof TRPCError) {
    const code = TRPC_CODES[thrown.code];
    return code ? new Refusal(code, { detail: thrown.message }) : toRefusal(thrown.cause);
  }
  if (!(thrown instanceof Error)) return new Refusal('INTERNAL');
  const { code, retryAfter, permission, issues } = thrown as Error & Partial<Record<string, unknown>>;
  if (!isErrorCode(code)) return new Refusal('INTERNAL', { detail: thrown.message });
  return new Refusal(code, {
    detail: thrown.message === code ? undefined : thrown.message,
    retryAfter: typeof retryAfter === 'number' ? retryAfter : undefined,
    permission: typeof permission === 'string' ? permission : undefined,
    errors: Array.isArray(issues) && issues.length > 0 ? (issues as FieldError[]) : undefined,
  });
}

export function describeRefusal({ code, details }: Refusal, requestId: string, language: 'en' | 'zh'): ErrorBody {
  const { status, ...titles } = ERRORS[code];
  const title = titles[language];
  const { errors, retryAfter, permission } = details;
  const told = errors?.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  const oauth = OAUTH_ERRORS[code];
  return {
    code,
    status,
    title,
    detail: details.detail ?? (permission ? `${title}: ${permission}` : (told ?? title)),
    request_id: requestId,
    ...(errors ? { errors } : {}),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(permission === undefined ? {} : { permission }),
    ...(oauth === undefined ? {} : { error: oauth }),
  };
}

const BEARER_CODES: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'TOKEN_STALE',
  'TOKEN_INVALID',
  'SESSION_REVOKED',
];

/** Headers that go with a code (RFC 6749 §5.2, RFC 6750 §3, RFC 9110 §10.2.3). */
export function listRefusalHeaders({ code, details }: Refusal, hasBearer: boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  if (details.retryAfter !== undefined) headers['retry-after'] = String(details.retryAfter);
  if (details.challenge) headers['www-authenticate'] = `Bearer error="${details.challenge}"`;
  else if (code === 'INVALID_CLIENT') headers['www-authenticate'] = 'Basic realm="authcenter"';
  else if (BEARER_CODES.includes(code))
    headers['www-authenticate'] = hasBearer ? 'Bearer error="invalid_token"' : 'Bearer';
  return headers;
}
