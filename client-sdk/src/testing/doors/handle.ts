// From a request to the right door, with what the call's context needs.
import { type CallInfo, readBasic, readBearer } from '../call.ts';
import { newUuid } from '../random.ts';
import type { Door } from './rest-door.ts';

export const REFRESH_COOKIE = '__Host-ac_refresh';

/** Beside what `Request` and `Response` may carry in browsers: cookies and where the page is from. */
export interface Visitor {
  readonly refreshCookie: string | null;
  readonly origin: string | null;
  /** What the answer does to the refresh cookie: null clears it. */
  setRefreshCookie(value: string | null, maxAge: number): void;
}

export type Handle = (request: Request, visitor: Visitor) => Promise<Response>;

export function createHandle(trpc: Door, rest: Door): Handle {
  return async (request, visitor) => {
    const { headers } = request;
    const added = new Map<string, string>();
    const id = headers.get('x-request-id') ?? '';
    const info: CallInfo = {
      requestId: /^[\w.-]{8,128}$/.test(id) ? id : newUuid(),
      language: /^zh\b/i.test(headers.get('accept-language') ?? '') ? 'zh' : 'en',
      bearer: readBearer(headers.get('authorization')),
      basic: readBasic(headers.get('authorization')),
      refreshCookie: visitor.refreshCookie,
      origin: visitor.origin,
      fetchSite: headers.get('sec-fetch-site'),
      userAgent: headers.get('user-agent'),
      idempotencyKey: headers.get('idempotency-key'),
      signal: request.signal,
      setHeader: (name, value) => void added.set(name, value),
      setRefreshCookie: (value, maxAge = 0) => visitor.setRefreshCookie(value, maxAge),
    };
    const isTrpc = new URL(request.url).pathname.startsWith('/trpc/');
    const response = await (isTrpc ? trpc : rest).answer(request, info);
    response.headers.set('x-request-id', info.requestId);
    if (isTrpc || !response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    for (const [name, value] of added) response.headers.set(name, value);
    return response;
  };
}
