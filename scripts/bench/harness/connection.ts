// One keep-alive HTTP/1.1 connection that carries one call at a time: cheap for the generator, and shared with nobody.
import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  /** As it stands on the wire, lines with CRLF between. */
  readonly head: string;
  readonly body: string;
}

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Connection {
  /** Rejects when the connection ends before the answer is complete. */
  send(call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return over(socket, host);
}

function over(socket: Socket, host: string): Connection {
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | null = null;

  const fail = (error: Error) => {
    waiting?.reject(error);
    waiting = null;
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed')));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const parsed = parseAnswer(received);
    if (parsed === null) return;
    received = received.subarray(parsed.length);
    const { resolve } = waiting ?? {};
    waiting = null;
    resolve?.(parsed.answer);
  });

  return {
    send: ({ method, path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) reject(new Error('the connection is closed'));
        waiting = { resolve, reject };
        const text = body === undefined ? '' : JSON.stringify(body);
        const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`];
        for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
        if (text !== '') lines.push('content-type: application/json');
        if (method !== 'GET') lines.push(`content-length: ${Buffer.byteLength(text)}`);
        socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`);
      }),
    close: () => void socket.destroy(),
  };
}

/** Null until all of it is there. Chunked answers are not read: the doors measured here give lengths. */
function parseAnswer(bytes: Buffer): { answer: HttpAnswer; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined && status !== 204) throw new Error(`an answer without a length: ${head}`);
  const total = end + 4 + Number(length ?? 0);
  if (bytes.length < total) return null;
  return { answer: { status, head, body: bytes.toString('utf8', end + 4, total) }, length: total };
}

/** Seconds that the answer asks to wait; null when it names none. */
export function readRetryAfter({ head }: HttpAnswer): number | null {
  const seconds = /\r\nretry-after: (\d+)/i.exec(head)?.[1];
  return seconds === undefined ? null : Number(seconds);
}
