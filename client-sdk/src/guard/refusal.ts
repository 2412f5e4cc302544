// A refused request's answer: status, headers and a problem (RFC 9457) in the form and the words of AuthCenter's own.
import { ERRORS, type ErrorCode, isErrorCode } from '@authcenter/shared/errors';
import type { AuthCenterError } from '../error.ts';
import type { Asking } from './guard.ts';
import { readLanguage } from './language.ts';

/**
 * The body of a refusal, as `application/problem+json` (RFC 9457).
 *
 * @example
 * import type { Problem } from '@authcenter/client/trpc';
 *
 * export const isStale = (problem: Problem) => problem.code === 'TOKEN_STALE';
 */
export interface Problem {
  /** `urn:authcenter:error:` and the code. */
  readonly type: string;
  /** The code in words, in the language that was asked for. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** Stable name of what went wrong. */
  readonly code: ErrorCode;
  /** What exactly is wrong, in English. */
  readonly detail: string;
  /** By which the request is known in logs. */
  readonly request_id: string;
  /** Seconds after which a retry may succeed. */
  readonly retry_after?: number;
  /** The permission that is missing. */
  readonly permission?: string;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
  /** Why the server could not be asked, or what it said of the token. */
  readonly cause: AuthCenterError | undefined;
}

interface Details {
  readonly detail?: string;
  readonly permission?: string;
  readonly hasCredentials?: boolean;
}

export function refuseRequest(asking: Asking, why: ErrorCode | AuthCenterError, details: Details = {}): Refusal {
  const cause = typeof why === 'string' ? undefined : why;
  const code = typeof why === 'string' ? why : translate(why);
  const { status, ...titles } = ERRORS[code];
  const language = readLanguage(asking.language);
  const { hasCredentials = true, ...more } = details;
  const retryAfter = status === 503 ? Math.max(1, cause?.retryAfter ?? 1) : undefined;
  return {
    status,
    cause,
    headers: {
      'content-type': 'application/problem+json',
      'content-language': language,
      'cache-control': 'no-store',
      // RFC 6750 §3.1: who sent nothing is told nothing of errors.
      ...(status === 401 ? { 'www-authenticate': hasCredentials ? 'Bearer error="invalid_token"' : 'Bearer' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    problem: {
      type: `urn:authcenter:error:${code}`,
      title: titles[language],
      status,
      code,
      detail: status === 401 && cause ? cause.message : titles.en,
      request_id: readRequestId(asking.requestId),
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
      ...more,
    },
  };
}

/** Whatever says nothing of the token means that nothing is known of it: a limit, an outage, a mistake in the setup. */
const translate = ({ code, status }: AuthCenterError): ErrorCode =>
  status === 401 && isErrorCode(code) && code.match(/^(TOKEN|SESSION)_/) ? code : 'DEPENDENCY_UNAVAILABLE';

/** One that a caller made up must not forge lines in logs. */
const readRequestId = (sent: string | null | undefined): string =>
  typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : crypto.randomUUID();
