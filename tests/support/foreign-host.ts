// A request whose Host header names another machine, which fetch does not let a caller do.
import { request } from 'node:http';
import type { TestServer } from './server.ts';

export interface HostAnswer {
  readonly status: number;
  readonly body: string;
}

export function requestAsHost(
  { url }: Pick<TestServer, 'url'>,
  host: string,
  method: string,
  path: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<HostAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const call = request(
      { hostname, port, method, path, headers: { 'content-type': 'application/json', ...headers, host } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
