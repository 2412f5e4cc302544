// /docs: the API reference comes from this server alone.
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { request } from '../support/doors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Addresses of other hosts, save what stands in comments and the namespaces that SVG and XML are named by. */
const foreign = (text: string): string[] =>
  [...text.replaceAll(/^\s*\/\/.*$/gm, '').matchAll(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z0-9.-]+/gi)]
    .map(([url]) => url)
    .filter((url) => !url.includes('w3.org'));

test('its start page names files of its own only, and each of them is there', async () => {
  const page = await request(server, 'GET', '/docs/');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.body).toContain('AuthCenter');
  expect(foreign(page.body)).toEqual([]);
  // No script and no style stands in the page itself: the policy would refuse it.
  expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=/);
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, file]) => new URL(file, `${server.url}/docs/`),
  );
  expect(files.length).toBeGreaterThan(4);
  for (const { origin, pathname } of files) {
    expect(origin).toBe(new URL(server.url).origin);
    expect([pathname, (await request(server, 'GET', pathname)).status]).toEqual([pathname, 200]);
  }
});

test('what starts it, and its styles, name no other host', async () => {
  for (const file of ['swagger-initializer.js', 'index.css', 'swagger-ui.css']) {
    const { status, body } = await request(server, 'GET', `/docs/static/${file}`);
    expect([file, status, foreign(body)]).toEqual([file, 200, []]);
  }
  // Else it would send the document's address to a validator on the net.
  const { body } = await request(server, 'GET', '/docs/static/swagger-initializer.js');
  expect(body).toMatch(/validatorUrl: null/);
});

test('it shows the published document', async () => {
  const shown = await request(server, 'GET', '/docs/json');
  const published = await request(server, 'GET', '/openapi.json');
  expect(shown.body).toEqual(published.body);
});

test('its policy lets it load and call nothing but this server', async () => {
  const { headers } = await request(server, 'GET', '/docs/');
  const csp = headers.get('content-security-policy') ?? '';
  expect(csp).toMatch(/default-src 'none'/);
  expect(csp).not.toMatch(/https:|unsafe|\*|upgrade-insecure-requests/);
});

test('the start page of the server leads to it', async () => {
  const { status, headers } = await request(server, 'GET', '/');
  expect([status, headers.get('location')]).toEqual([302, '/docs']);
});

test('the document is there as JSON only', async () => {
  const { status, headers, body } = await request(server, 'GET', '/docs/yaml');
  expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
});

test.each([
  '/docs/static/%2e%2e/%2e%2e/package.json',
  '/docs/static/..%2f..%2fpackage.json',
  '/docs/static/%2e%2e%5cindex.js',
  '/docs/static/nothing.js',
])('%s is not there', async (path) => {
  // fetch would resolve the dots itself.
  const { hostname, port } = new URL(server.url);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ hostname, port, path }, resolve).on('error', reject);
  });
  expect([answer.statusCode, JSON.parse(await text(answer)).code]).toEqual([404, 'NOT_FOUND']);
});

test('without the slash it leads to the same page', async () => {
  const { status, headers, body } = await request(server, 'GET', '/docs');
  if (status >= 300 && status < 400) expect(headers.get('location')).toMatch(/^\.?\/?docs\/$/);
  else expect([status, foreign(body)]).toEqual([200, []]);
});
