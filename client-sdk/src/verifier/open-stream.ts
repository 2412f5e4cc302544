// Opening an event stream: on Node by a connection that does not keep the process alive, elsewhere by fetch.
import type { Fetch } from '../environment.ts';

export interface StreamAnswer {
  readonly status: number;
  header(name: string): string | null;
  readonly chunks: AsyncIterable<string>;
}

/** Rejects when no answer comes; the signal ends the stream. */
export type OpenStream = (url: string, headers: Record<string, string>, signal: AbortSignal) => Promise<StreamAnswer>;

interface NodeModules {
  readonly http: Pick<typeof import('node:http'), 'get'>;
  readonly https: Pick<typeof import('node:https'), 'get'>;
}

/** Asked of the process and not imported: bundlers for other platforms would stumble. Node has it since 20.16. */
export function readNode(): NodeModules | undefined {
  const { process } = globalThis as { process?: Partial<Pick<NodeJS.Process, 'getBuiltinModule'>> };
  const http = process?.getBuiltinModule?.('node:http');
  const https = process?.getBuiltinModule?.('node:https');
  return http && https ? { http, https } : undefined;
}

export const openByNode =
  ({ http, https }: NodeModules): OpenStream =>
  (url, headers, signal) =>
    new Promise((resolve, reject) => {
      const { get } = url.startsWith('https:') ? https : http;
      // No agent: the connection is this stream's alone.
      const request = get(url, { headers, signal, agent: false }, (response) =>
        resolve({
          status: response.statusCode ?? 0,
          header: (name) => String(response.headers[name] ?? '') || null,
          chunks: response.setEncoding('utf8'),
        }),
      );
      request.on('socket', (socket) => socket.unref());
      request.on('error', reject);
    });

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>;
  cancel(): Promise<void>;
}

export const openByFetch =
  (fetch: Fetch): OpenStream =>
  async (url, headers, signal) => {
    const { status, headers: sent, body } = await fetch(url, { method: 'GET', headers, signal });
    return { status, header: (name) => sent.get(name), chunks: readBody(body) };
  };

async function* readBody(body: unknown): AsyncGenerator<string, void> {
  if (typeof body !== 'object' || body === null || !('getReader' in body))
    throw new TypeError('the fetch that was given does not stream');
  const reader = (body as { getReader(): Reader }).getReader();
  const decoder = new TextDecoder();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      yield decoder.decode(next.value, { stream: true });
  } finally {
    reader.cancel().catch(() => {});
  }
}
