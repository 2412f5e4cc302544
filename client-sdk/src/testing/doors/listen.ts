// A real port for code that takes no fetch; the only file that needs Node.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { REFRESH_COOKIE, type Visitor } from './handle.ts';

type Send = (request: Request, visitor: Visitor) => Promise<Response>;

/**
 * A fake that listens.
 *
 * @example
 * import { createFakeAuthCenter, type ListeningFake } from '@authcenter/client/testing';
 *
 * const listening: ListeningFake = await createFakeAuthCenter().listen();
 * console.log(listening.url); // http://127.0.0.1:40123
 * await listening.close();
 */
export interface ListeningFake {
  /** Where it is: `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Stops listening; connections that are open are cut. */
  close(): Promise<void>;
}

/** @param port - 0: one that is free */
export async function listen(send: Send, port: number): Promise<ListeningFake> {
  const { createServer } = await import('node:http');
  const server = createServer((req, res) => {
    // An answer that is lost on purpose is a connection that is cut.
    answer(send, req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(send: Send, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const { origin = null } = req.headers as { origin?: string };
  // Pages of a development server are on another port.
  if (origin !== null) {
    res.setHeader('access-control-allow-origin', origin);
    res.setHeader('access-control-allow-credentials', 'true');
    res.setHeader('access-control-allow-headers', String(req.headers['access-control-request-headers'] ?? '*'));
    res.setHeader('access-control-allow-methods', 'GET, POST, PUT, DELETE');
    res.setHeader('access-control-expose-headers', 'x-request-id, retry-after, www-authenticate, x-rights-changed');
  }
  if (req.method === 'OPTIONS') return void res.writeHead(204).end();
  const visitor: Visitor = {
    refreshCookie: new RegExp(`${REFRESH_COOKIE}=([^;]+)`).exec(req.headers.cookie ?? '')?.[1] ?? null,
    origin,
    setRefreshCookie(value, maxAge) {
      const age = value === null ? 0 : maxAge;
      const cookie = `${REFRESH_COOKIE}=${value ?? ''}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=${age}`;
      res.setHeader('set-cookie', cookie);
    },
  };
  const response = await send(await toRequest(req, gone.signal), visitor);
  res.writeHead(response.status, Object.fromEntries(response.headers));
  res.flushHeaders();
  if (response.body) for await (const chunk of response.body) res.write(chunk);
  res.end();
}

async function toRequest(req: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of req) chunks.push(chunk as Uint8Array);
  const method = req.method ?? 'GET';
  const headers = Object.entries(req.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as [string, string]] : [],
  );
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) };
  return new Request(`http://${req.headers.host}${req.url}`, { method, headers, signal, ...body });
}
