// A fetch that ends in the fake without a network: one browser, which keeps its cookie.
import { REFRESH_COOKIE, type Visitor } from './handle.ts';

type Send = (request: Request, visitor: Visitor) => Promise<Response>;

/** @param origin - of the page that it pretends to be on */
export function createBrowserFetch(send: Send, origin: () => string): typeof fetch {
  let cookie: string | null = null;
  return async (input, init) => {
    const request = new Request(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    // Node's fetch keeps no cookies; browsers send them to another origin only when they are told to.
    const keeps = init?.credentials === 'include' || request.headers.has('cookie');
    const given = new RegExp(`${REFRESH_COOKIE}=([^;]+)`).exec(request.headers.get('cookie') ?? '')?.[1];
    const visitor: Visitor = {
      refreshCookie: given ?? (keeps ? cookie : null),
      origin: request.headers.get('origin') ?? (init?.credentials === 'include' ? origin() : null),
      setRefreshCookie: (value) => {
        if (keeps) cookie = value;
      },
    };
    return untilAborted(send(request, visitor), signal);
  };
}

/** Who gives up is not kept waiting for the answer. */
function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
