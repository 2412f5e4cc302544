// The pages of mailed links, as a browser opens them and presses their button.
import { request } from './doors.ts';
import type { RestAnswer, TestServer } from './server.ts';

type Headers = Readonly<Record<string, string>>;

/** Opens a link of a mail. */
export function openPage(server: TestServer, link: string, headers: Headers = {}): Promise<RestAnswer> {
  const { pathname, search } = new URL(link);
  return request(server, 'GET', `${pathname}${search}`, { headers: { accept: 'text/html', ...headers } });
}

/** What a form holds before somebody types. */
export const readForm = (html: string): Record<string, string> =>
  Object.fromEntries(
    html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g).map(([, name, value]) => [name, value]),
  );

/** Posts a page's form as a browser does: url-encoded, with the Origin of the page it stands on. */
export const pressButton = (
  server: TestServer,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Headers = {},
): Promise<RestAnswer> =>
  request(server, 'POST', path, {
    body: new URLSearchParams(fields).toString(),
    headers: {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      origin: server.url,
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
  });
