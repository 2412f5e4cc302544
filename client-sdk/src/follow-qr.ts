// Following a sign-in by QR code: by events where the platform has them, else by asking again and again.
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { AuthCenterError, isErrorBody, toAuthCenterError } from './error.ts';
import type { QrSignInStatus } from './qr.ts';
import type { AppRouter } from './router.ts';
import { wait } from './wait.ts';
import { wire } from './wire.ts';

/** Between two questions, in milliseconds. */
const ASK_EVERY = 2_000;

const isWaiting = (status: QrSignInStatus): boolean => status === 'pending' || status === 'scanned';

/** Resolves with the first status that is neither `pending` nor `scanned`. */
export async function followQr(
  url: string,
  qrId: string,
  onStatus: ((status: QrSignInStatus) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<QrSignInStatus> {
  const watch = typeof Reflect.get(globalThis, 'EventSource') === 'function' ? subscribe : poll;
  let told: QrSignInStatus | undefined;
  return watch(url, qrId, signal, (status) => {
    if (status !== told) onStatus?.(status);
    told = status;
    return !isWaiting(status);
  });
}

type Watch = (
  url: string,
  qrId: string,
  signal: AbortSignal | undefined,
  isEnd: (status: QrSignInStatus) => boolean,
) => Promise<QrSignInStatus>;

const abortError = () => new AuthCenterError({ code: 'ABORTED', detail: 'The call was aborted' });

const subscribe: Watch = (url, qr_id, signal, isEnd) =>
  new Promise((resolve, reject) => {
    const client = createTRPCClient<AppRouter>({
      links: [httpSubscriptionLink({ url: `${url}/trpc`, transformer: wire })],
    });
    const abort = () => fail(abortError());
    const stop = () => {
      following.unsubscribe();
      signal?.removeEventListener('abort', abort);
    };
    const fail = (thrown: unknown) => {
      reject(toAuthCenterError(thrown));
      stop();
    };
    const following = client.auth.qr.watch.subscribe(
      { qr_id },
      {
        onData({ status }) {
          if (!isEnd(status)) return;
          resolve(status);
          stop();
        },
        onError: fail,
        onComplete: () => fail(new Error('The server tells no more')),
      },
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });

const poll: Watch = async (url, qrId, signal, isEnd) => {
  try {
    for (;;) {
      const response = await fetch(`${url}/api/v1/auth/qr/${qrId}`, signal ? { signal } : {});
      const body: unknown = await response.json();
      if (isErrorBody(body)) {
        // Refused for now: many may ask from one address.
        if (body.status !== 429 && body.status !== 503) throw new AuthCenterError(body);
        await wait((body.retry_after ?? ASK_EVERY / 1000) * 1000, signal);
        continue;
      }
      if (!isStatus(body)) throw new AuthCenterError({ code: 'NETWORK_ERROR', status: response.status });
      if (isEnd(body.status)) return body.status;
      await wait(ASK_EVERY, signal);
    }
  } catch (thrown) {
    throw signal?.aborted ? abortError() : toAuthCenterError(thrown);
  }
};

const isStatus = (body: unknown): body is { status: QrSignInStatus } =>
  typeof body === 'object' && body !== null && typeof Reflect.get(body, 'status') === 'string';
