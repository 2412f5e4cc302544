// What all fakes are made of: a local HTTP server that gives each request to a function, whole and to the byte.
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface ListenOptions {
  /** Any free one when absent. */
  readonly port?: number;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
}

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is; anything else becomes JSON. */
  readonly body?: unknown;
}

/** Keeps the connection open and says nothing. */
export type Silence = 'silence';

export interface Listener {
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(
  { port = 0, host = '127.0.0.1' }: ListenOptions,
  answer: (request: ReceivedRequest) => Reply | Silence | Promise<Reply | Silence>,
): Promise<Listener> {
  const server = createServer(async (message, response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(Buffer.from(chunk));
      const { method = '', url: target = '', headers } = message;
      const reply = await answer({ method, target, headers, body: Buffer.concat(chunks) });
      if (reply === 'silence') return;
      const isText = typeof (reply.body ?? '') === 'string';
      const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
      response.writeHead(reply.status ?? 200, { 'content-type': type, 'cache-control': 'no-store', ...reply.headers });
      response.end(isText ? reply.body : JSON.stringify(reply.body));
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    url: `http://${host}:${typeof address === 'object' ? address?.port : port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
