// A service of leaked passwords that answers as Have I Been Pwned does: by the first five digits of a SHA-1, padded with lines of no count.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface BreachService {
  /** As it stands in the configuration. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Makes a password known, with how often it was seen. */
  leak(password: string, count: number): void;
  /** From now on every answer has this status; 0: there is no answer at all. */
  answerWith(status: number): void;
  close(): Promise<void>;
}

export const sha1 = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();

export async function startBreachService(): Promise<BreachService> {
  const seen: SeenRequest[] = [];
  const leaked = new Map<string, number>();
  let status = 200;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url: path = '', headers } = request;
    seen.push({ method, path, headers, body });
    if (status === 0) return;
    const prefix = path.split('/').at(-1) ?? '';
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(status === 200 ? writeRange(leaked, prefix) : 'sorry');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`,
    seen,
    leak: (password, count) => void leaked.set(sha1(password), count),
    answerWith: (next) => {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Suffix and count a line, CRLF between them; padding is made up, with a count of 0. */
function writeRange(leaked: ReadonlyMap<string, number>, prefix: string): string {
  const known = [...leaked]
    .filter(([digest]) => digest.startsWith(prefix))
    .map(([digest, n]) => `${digest.slice(5)}:${n}`);
  const padding = Array.from({ length: 800 }, () => `${randomBytes(18).toString('hex').slice(1).toUpperCase()}:0`);
  return [...known, ...padding].sort().join('\r\n');
}
