// The README's examples, run as they stand.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configSchema } from '../../server/src/config/schema.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const administrator = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'only for this tour' };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: administrator });
});
afterAll(() => server.close());

/** The code blocks behind a marker, joined: later ones go on where earlier ones ended. */
const readBlocks = (marker: string): string =>
  [...readme.matchAll(new RegExp(`<!-- ${marker} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(([, code]) => code)
    .join('\n');

/** What the comments behind the calls say they print, in order. */
const readPromises = (code: string, comment: string): string[] =>
  [...code.matchAll(new RegExp(`\\S +${comment} ([\\w: ]+)$`, 'gm'))].map(([, promise]) => promise ?? '');

const environment = () => ({ ...process.env, ...administrator, AC: server.url });

test('the tour in curl prints what it says', async () => {
  const code = readBlocks('tour:curl');
  const promised = readPromises(code, '#');
  expect(promised).toEqual(['TOKEN_STALE', 'true', '204', 'SESSION_REVOKED']);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', code], { env: environment() });
  const printed = stdout.trim().split('\n');
  expect(printed[0]).toMatch(/^http:.*\/verify-email\?token=/);
  expect(printed.slice(1)).toEqual(['User,Editor', ...promised]);
});

test('the tour in TypeScript prints what it says, with the packed SDK', async () => {
  const sdk: PackedSdk = await installPackedSdk();
  try {
    const code = readBlocks('tour:typescript');
    const file = join(sdk.folder, 'tour.ts');
    writeFileSync(file, code);
    const { stdout } = await run(process.execPath, [file], { env: environment(), cwd: sdk.folder });
    expect(stdout.trim().split('\n')).toEqual(readPromises(code, '//'));
  } finally {
    sdk.remove();
  }
});

test('the configuration table names keys that exist', () => {
  const keys = [...readme.matchAll(/^\| `(\w+)\.(\w+)`(?:, `\.(\w+)`)?/gm)];
  expect(keys.length).toBeGreaterThan(12);
  for (const [, section = '', ...names] of keys) {
    const known = Object.keys(Reflect.get(configSchema.shape, section)?.shape ?? {});
    for (const name of names.filter((one) => one !== undefined)) expect(known, `${section}.${name}`).toContain(name);
  }
});

test('every file it links to is there', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow();
});
