// Requests to the services that the configuration names (SMS, sign-in providers, password and captcha checks): bounded in time and size, redirects never followed.

export interface OutgoingRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
  /** Milliseconds for the whole of it; 10,000 when absent. */
  readonly timeout?: number;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A service could not be reached, did not answer in time, or answered more than anyone would read. */
export class OutgoingError extends Error {
  override name = 'OutgoingError';
}

const DEFAULT_TIMEOUT = 10_000;
const MAX_BYTES = 1024 * 1024;

/**
 * Sends one request and reads the whole answer, whatever its status.
 *
 * @throws OutgoingError
 * @example
 * const { status, text } = await sendOutgoing('https://api.example.com/send', { method: 'POST', body: '{}' });
 */
export async function sendOutgoing(url: string | URL, request: OutgoingRequest = {}): Promise<OutgoingAnswer> {
  const { method = 'GET', headers = {}, body, timeout = DEFAULT_TIMEOUT } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      // A redirect would carry credentials to whoever it names.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, text: await readBounded(response) };
  } catch (error) {
    if (error instanceof OutgoingError) throw error;
    throw new OutgoingError(`${new URL(url).host} ${describe(error, timeout)}`, { cause: error });
  }
}

function describe(error: unknown, timeout: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return `did not answer within ${timeout} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null;
  return `could not be reached${code === null ? '' : ` (${code})`}`;
}

async function readBounded({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new OutgoingError(`the answer is longer than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Reads JSON by content, not by header: some providers send it as text/plain. Null for what is no JSON object. */
export function readJsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
