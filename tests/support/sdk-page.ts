// A page of an application that is built on the packed SDK: bundled for browsers, served on localhost, driven by a test.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { PackedSdk } from './packed-sdk.ts';

/** What a test finds in the page, as `app`. */
export type App = typeof import('../../client-sdk/src/index.ts') &
  typeof import('../../client-sdk/src/passkeys.ts') &
  typeof import('../../client-sdk/src/qr.ts') & {
    readonly center: import('../../client-sdk/src/index.ts').AuthCenter;
    /** Who the page says is signed in, in the order it was told. */
    readonly told: (string | null)[];
  };

/** As an application would write it: the session in the cookie, a form for the password when a proof is demanded. */
const SCRIPT = `
import * as client from '@authcenter/client';
import * as passkeys from '@authcenter/client/passkeys';
import * as qr from '@authcenter/client/qr';

const form = document.querySelector('form');
const complaint = document.querySelector('output');
const onStepUp = (refused) =>
  new Promise((resolve) => {
    complaint.textContent = refused ? refused.code : 'Your password, please';
    form.hidden = false;
    form.onsubmit = (event) => {
      event.preventDefault();
      form.hidden = true;
      resolve({ password: form.password.value });
    };
  });

const url = document.documentElement.dataset.api;
const center = client.createAuthCenter({ url, storage: 'cookie', onStepUp });
const told = [];
center.auth.onChange((user) => told.push(user && user.username));
globalThis.app = { ...client, ...passkeys, ...qr, center, told };
`;

const writeHtml = (api: string): string => `<!doctype html>
<html data-api="${api}">
<meta charset="utf-8">
<title>App</title>
<form hidden><output></output><input type="password" name="password"><button>Prove</button></form>
<div id="code" style="width: 240px"></div>
<script type="module" src="/app.js"></script>
</html>`;

export interface SdkPages {
  readonly origin: string;
  /** The server that its pages talk to from now on. */
  connect(api: string): void | Promise<void>;
  close(): Promise<void>;
}

export async function startSdkPages({ folder }: PackedSdk): Promise<SdkPages> {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  let html = '';
  const pages = await servePage(outputFiles[0]?.text ?? '', () => html);
  return {
    ...pages,
    connect(api) {
      html = writeHtml(api);
    },
  };
}

/** One page at every address, and its script at `/app.js`. */
export async function servePage(script: string, html: () => string): Promise<Omit<SdkPages, 'connect'>> {
  const server = createServer(({ url }, response) => {
    const isScript = url === '/app.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? script : html());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Opens the page, or loads it again, and waits until it knows who is signed in. */
export async function openApp(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForFunction('globalThis.app && app.center.auth.ready().then(() => true)');
}

/** The code of the error with which an act in the page fails. @param act - sees nothing but the page */
export const codeIn = (page: Page, act: () => Promise<unknown>): Promise<string> =>
  page.evaluate(`(${act})().then(() => 'no error', (error) => error.code ?? String(error))`);
