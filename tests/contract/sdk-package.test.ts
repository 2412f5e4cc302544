// The SDK proven from its packed tarball, in a fresh project: what is in it, how it is typed, that it runs, and how big it is.
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { listSdkExamples } from '../support/sdk-examples.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const consumer = join(root, 'client-sdk/consumer');
/** Minified and gzipped, with tRPC's links, in bytes. */
const MAX_SIZE = 15 * 1024;

let sdk: PackedSdk;
let installed: string;
beforeAll(async () => {
  sdk = await installPackedSdk();
  installed = join(sdk.folder, 'node_modules/@authcenter/client');
  for (const file of readdirSync(consumer)) copyFileSync(join(consumer, file), join(sdk.folder, file));
  for (const { name, code } of listSdkExamples()) writeFileSync(join(sdk.folder, name), code);
}, 120_000);
afterAll(() => sdk?.remove());

const readInstalled = (path: string): string => readFileSync(join(installed, path), 'utf8');

/** What the compiler complains of; null when it has nothing to say. */
async function compile(
  typescript: string,
  compilerOptions: object,
  include: readonly string[],
): Promise<string | null> {
  const common = {
    noEmit: true,
    strict: true,
    target: 'es2022',
    lib: ['esnext', 'dom'],
    types: [],
    noUncheckedIndexedAccess: true,
  };
  const config = `tsconfig.${typescript}.${JSON.stringify(compilerOptions).replace(/\W+/g, '')}.json`;
  writeFileSync(
    join(sdk.folder, config),
    JSON.stringify({ compilerOptions: { ...common, ...compilerOptions }, include }),
  );
  const tsc = join(root, 'node_modules', typescript, 'bin/tsc');
  try {
    await run(process.execPath, [tsc, '-p', config, '--pretty', 'false'], { cwd: sdk.folder });
    return null;
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error);
  }
}

describe('the tarball', () => {
  test('holds what is used, and no more', () => {
    const dist = ['dist/index.cjs', 'dist/index.d.cts', 'dist/index.d.ts', 'dist/index.js'];
    expect([...sdk.files].sort()).toEqual(['LICENSE', 'PROCEDURES.md', 'README.md', ...dist, 'package.json'].sort());
  });

  test('has declarations that import nothing but tRPC’s', () => {
    for (const file of ['dist/index.d.ts', 'dist/index.d.cts']) {
      const text = readInstalled(file);
      // Statements stand at the start of a line; examples in comments do not.
      const statements = [...text.matchAll(/^(?:import|export)\b.*? from ["']([^"']+)["']/gm)].map(([, name]) => name);
      const inline = [...text.matchAll(/\b(?:import|require)\(["']([^"']+)["']\)/g)].map(([, name]) => name);
      expect(statements.length).toBeGreaterThan(0);
      expect([...statements, ...inline].filter((name) => !/^@trpc\/(client|server)(\/|$)/.test(name ?? ''))).toEqual(
        [],
      );
      expect(text).not.toMatch(/^\/\/\/ <reference/m);
    }
  });

  test('has code that imports nothing but tRPC’s', () => {
    const names = [...readInstalled('dist/index.js').matchAll(/^import .*? from ["']([^"']+)["']/gm)].map(
      ([, name]) => name,
    );
    expect(new Set(names)).toEqual(new Set(['@trpc/client', '@trpc/server/observable']));
    const required = [...readInstalled('dist/index.cjs').matchAll(/require\(["']([^"']+)["']\)/g)].map(
      ([, name]) => name,
    );
    expect(new Set(required)).toEqual(new Set(names));
  });

  test('is approved by publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('is approved by attw: every resolution finds the types that belong to its code', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { stdout } = await run(process.execPath, [attw, sdk.tarball, '--format', 'json']).catch((error) => error);
    const { analysis } = JSON.parse(stdout) as {
      analysis: { problems: unknown[]; entrypoints: Record<string, { resolutions: object }> };
    };
    expect(analysis.problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints['.']?.resolutions ?? {})).toEqual([
      'node10',
      'node16-cjs',
      'node16-esm',
      'bundler',
    ]);
  });
});

describe('types in a fresh project', () => {
  const calls = ['right-calls.ts', 'wrong-calls.ts'];

  test.each(['typescript59', 'typescript', 'typescript7'])(
    '%s, NodeNext: right calls compile, wrong ones do not, from ESM and CJS',
    async (typescript) => {
      expect(await compile(typescript, { module: 'nodenext' }, [...calls, 'common.cts'])).toBeNull();
    },
  );

  test.each(['typescript59', 'typescript', 'typescript7'])('%s, bundler', async (typescript) => {
    const options = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true };
    expect(await compile(typescript, options, calls)).toBeNull();
  });

  test('a wrong call that is expected nowhere is told: the types are not just any', async () => {
    const lines = readFileSync(join(consumer, 'wrong-calls.ts'), 'utf8').replace(/^\/\/ @ts-expect-error.*$/gm, '');
    writeFileSync(join(sdk.folder, 'unexpected.ts'), lines);
    const complaints = await compile('typescript7', { module: 'nodenext' }, ['unexpected.ts']);
    const expected = readFileSync(join(consumer, 'wrong-calls.ts'), 'utf8').match(/@ts-expect-error/g)?.length ?? 0;
    expect(complaints?.match(/error TS\d+/g)).toHaveLength(expected);
    expect(expected).toBeGreaterThan(20);
  });

  test('every example of the documentation and of the README compiles', async () => {
    expect(
      await compile('typescript7', { module: 'nodenext', exactOptionalPropertyTypes: true }, ['example-*.ts']),
    ).toBeNull();
  });
});

describe('at run time', () => {
  const names = ['AuthCenterError', 'createAuthCenter', 'idempotent'];
  const use =
    'const error = new sdk.AuthCenterError({ code: "NETWORK_ERROR" }); console.log(JSON.stringify([Object.keys(sdk).sort(), error instanceof sdk.AuthCenterError, sdk.createAuthCenter({ url: "https://auth.example.com", storage: { get: () => null, set() {}, remove() {} } }).auth.can("SEARCH")]));';

  test.each([
    ['import', 'run.mjs', `import * as sdk from '@authcenter/client'; ${use}`],
    ['require', 'run.cjs', `const sdk = require('@authcenter/client'); ${use}`],
  ])('%s works in Node, and the process ends by itself', async (_name, file, code) => {
    writeFileSync(join(sdk.folder, file), code);
    const { stdout } = await run(process.execPath, [file], { cwd: sdk.folder, timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual([names, true, false]);
  });

  test('in a browser’s bundle it weighs no more than it may', async () => {
    const contents =
      "import { createAuthCenter, AuthCenterError } from '@authcenter/client'; console.log(createAuthCenter, AuthCenterError);";
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: sdk.folder },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
    });
    const size = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
    expect(size).toBeGreaterThan(1024);
    expect(size).toBeLessThanOrEqual(MAX_SIZE);
  });
});
