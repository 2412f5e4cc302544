// The fetch under tRPC's links: whatever no AuthCenter can have answered is told apart here, with its status.

import type { Fetch, FetchInit, FetchResponse } from './environment.ts';
import { AuthCenterError, isErrorBody, toAuthCenterError } from './error.ts';

/** tRPC calls its fetch with the platform's own init type, of which it fills these. */
interface LinkInit {
  method?: string;
  headers?: unknown;
  body?: unknown;
  signal?: AbortSignal | null | undefined;
}

/** Binds what it answers to this browser by a cookie, whatever else the session is kept in. */
const BINDS_BROWSER = 'auth.oauth.link';

/** The token that was sent was made before one of its roles came to give other rights. */
const RIGHTS_CHANGED = 'x-rights-changed';

/**
 * @param cookie - whether the browser is to send and keep cookies, to another origin too
 * @param onRightsChanged - the server decides by other rights than it told
 */
export function createTransport(fetch: Fetch, cookie: boolean, onRightsChanged = () => {}) {
  return async (input: unknown, init: LinkInit = {}): Promise<Pick<FetchResponse, 'ok' | 'json'>> => {
    let response: FetchResponse;
    const url = String(input);
    const credentials = cookie || url.includes(BINDS_BROWSER) ? ({ credentials: 'include' } as const) : {};
    try {
      response = await fetch(url, { ...init, ...credentials } as FetchInit);
    } catch (cause) {
      throw toAuthCenterError(cause, init.signal?.aborted);
    }
    if (response.headers.get(RIGHTS_CHANGED)) onRightsChanged();
    const isJson = /^application\/json\b/i.test(response.headers.get('content-type') ?? '');
    if (response.ok && isJson) return response;
    const body = await response.json().catch(() => undefined);
    if (isJson && isTrpcAnswer(body)) return { ok: response.ok, json: async () => body };
    throw describeForeign(response, body);
  };
}

function isTrpcAnswer(body: unknown): boolean {
  const answers: unknown[] = Array.isArray(body) ? body : [body];
  return answers.every(
    (answer) => typeof answer === 'object' && answer !== null && ('error' in answer || 'result' in answer),
  );
}

/** An answer of the server's other doors, or of something between here and there: a proxy's page, a gateway's limit. */
function describeForeign(response: FetchResponse, body: unknown): AuthCenterError {
  if (isErrorBody(body)) return new AuthCenterError(body);
  const { status, headers } = response;
  const retryAfter = Number.parseInt(headers.get('retry-after') ?? '', 10);
  const requestId = headers.get('x-request-id');
  return new AuthCenterError({
    code: status === 429 ? 'RATE_LIMITED' : 'NETWORK_ERROR',
    status,
    detail: `The answer (status ${status}) is none of an AuthCenter; is the url right?`,
    ...(retryAfter >= 0 ? { retry_after: retryAfter } : {}),
    ...(requestId === null ? {} : { request_id: requestId }),
  });
}
