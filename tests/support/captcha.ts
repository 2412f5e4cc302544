// A captcha service of one's own: the siteverify call that reCAPTCHA, hCaptcha and Turnstile share, as a local server.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CaptchaService {
  readonly url: string;
  /** The forms that were posted, in order. */
  readonly asked: readonly Record<string, string>[];
  /** From now on every call is answered so; null: as the service does. */
  answerWith(answer: { readonly status: number; readonly body: string; readonly location?: string } | null): void;
  close(): Promise<void>;
}

export const CAPTCHA_SECRET = 'the-secret-of-the-site';

/** Answers `solved-…` right, each once; everything else wrong. */
export async function startCaptchaService(): Promise<CaptchaService> {
  const asked: Record<string, string>[] = [];
  const spent = new Set<string>();
  let fixed: Parameters<CaptchaService['answerWith']>[0] = null;

  /** The error codes are those of reCAPTCHA. */
  function judge({ secret, response = '' }: Record<string, string>) {
    const error =
      secret !== CAPTCHA_SECRET
        ? 'invalid-input-secret'
        : !response.startsWith('solved-')
          ? 'invalid-input-response'
          : spent.has(response)
            ? 'timeout-or-duplicate'
            : null;
    spent.add(response);
    return error === null
      ? { success: true, challenge_ts: '2026-01-31T08:00:00Z', hostname: 'auth.example.com' }
      : { success: false, 'error-codes': [error] };
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
      asked.push(form);
      const { status, body, location } = fixed ?? { status: 200, body: JSON.stringify(judge(form)) };
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(location === undefined ? {} : { location }),
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`,
    asked,
    answerWith: (answer) => {
      fixed = answer;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
