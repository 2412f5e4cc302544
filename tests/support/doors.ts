// Both doors at a lower level than `TestServer`: whole paths, batches, and bytes that no client library would send.
import { connect } from 'node:net';
import type { Answer, RestAnswer, RestOptions, TestServer } from './server.ts';

/** One request to any path of the server; a text body goes as it is. */
export async function request(
  server: Pick<TestServer, 'url'>,
  method: string,
  path: string,
  { token, body, headers = {} }: RestOptions = {},
): Promise<RestAnswer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : isJson ? JSON.parse(text) : text,
  };
}

export interface BatchCall {
  readonly path: string;
  readonly input?: unknown;
}

/** One tRPC batch, as httpBatchLink sends it. */
export function batch(
  server: Pick<TestServer, 'url'>,
  calls: readonly BatchCall[],
  options: Omit<RestOptions, 'body'> = {},
): Promise<RestAnswer> {
  const inputs = Object.fromEntries(
    calls.flatMap(({ input }, index) => (input === undefined ? [] : [[index, { json: input }]])),
  );
  return request(server, 'POST', `/trpc/${calls.map(({ path }) => path).join(',')}?batch=1`, {
    ...options,
    body: inputs,
  });
}

/** What a call over tRPC answered: the error's data, or the result without its envelope. */
export const unwrap = ({ body }: Pick<RestAnswer, 'body'>): Answer =>
  body?.error?.json?.data ?? body?.result?.data?.json;

/** Sends bytes as they are and answers with what came back. */
export function sendRaw(server: Pick<TestServer, 'url'>, text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.end(text));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}
