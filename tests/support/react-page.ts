// The application in React on the packed SDK: bundled for browser and server with React 18 or 19, rendered, served on localhost.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Page } from 'playwright-core';
import type { PackedSdk } from './packed-sdk.ts';
import { type SdkPages, servePage } from './sdk-page.ts';

/** What a test finds in the page, as `app`. */
export type ReactApp = typeof import('./react-app/browser.tsx')['app'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = fileURLToPath(new URL('./react-app/', import.meta.url));

/** The application's imports of the sources, which are there for their types, lead to the packed package; all share one React. */
const resolveIn = (sdk: PackedSdk, major: 18 | 19): Plugin => ({
  name: 'packed-sdk',
  setup({ onResolve, resolve }) {
    const resolveDir = sdk.folder;
    onResolve({ filter: /client-sdk\/src\/[\w-]+\.ts$/ }, ({ path, kind }) => {
      const entry = path.replace(/^.*\/([\w-]+)\.ts$/, '/$1').replace('/index', '');
      return resolve(`@authcenter/client${entry}`, { resolveDir, kind });
    });
    if (major === 19) return;
    onResolve({ filter: /^react(-dom)?(\/|$)/ }, ({ path, kind }) =>
      resolve(path.replace(/^react(-dom)?/, '$&18'), { resolveDir: root, kind }),
    );
  },
});

async function bundle(sdk: PackedSdk, major: 18 | 19, file: string, platform: 'browser' | 'node'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, file)],
    bundle: true,
    write: false,
    format: platform === 'node' ? 'cjs' : 'esm',
    platform,
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [resolveIn(sdk, major)],
  });
  return outputFiles[0]?.text ?? '';
}

export type Render = typeof import('./react-app/server.tsx')['render'];

/** The application as a server loads it. */
export async function loadRenderer(sdk: PackedSdk, major: 18 | 19): Promise<Render> {
  const file = join(sdk.folder, `server-${major}.cjs`);
  writeFileSync(file, await bundle(sdk, major, 'server.tsx', 'node'));
  const loaded = (await import(pathToFileURL(file).href)) as { default: { render: Render } };
  return loaded.default.render;
}

const writeHtml = (api: string, content: string): string => `<!doctype html>
<html data-api="${api}">
<meta charset="utf-8">
<title>App</title>
<div id="root">${content}</div>
<script type="module" src="/app.js"></script>
</html>`;

/** Its pages are rendered on the server first. */
export async function startReactPages(sdk: PackedSdk, major: 18 | 19): Promise<SdkPages> {
  const [script, render] = await Promise.all([bundle(sdk, major, 'browser.tsx', 'browser'), loadRenderer(sdk, major)]);
  let html = '';
  const pages = await servePage(script, () => html);
  return {
    ...pages,
    async connect(api) {
      html = writeHtml(api, await render(api));
    },
  };
}

/** Opens the page, or loads it again, and waits until it says who is signed in. */
export async function openReactApp(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('#status:text-matches("signed-")').waitFor();
}
