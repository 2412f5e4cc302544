// The SDK proven from its packed tarball, in a fresh project: what is in it, how it is typed, that it runs, and how big it is.
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as contract from '../../shared/src/schemas.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { listSdkExamples } from '../support/sdk-examples.ts';
import { measureBundle } from '../support/sdk-size.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const consumer = join(root, 'client-sdk/consumer');
/** What an application takes in with the client and one entry more: minified and gzipped, with tRPC's links, without React and TanStack, in KB. */
const MAX_SIZES = [
  ['the client alone', '', 15],
  ['with passkeys', '/passkeys', 18],
  ['with QR codes', '/qr', 23],
  ['with React', '/react', 18],
  ['with React and TanStack Query', '/react-query', 18],
  ['with the verifier, without jose', '/verify', 21],
  ['with middlewares for Fastify', '/fastify', 22],
  ['with middlewares for Express', '/express', 22],
  ['with middlewares for Hono', '/hono', 22],
  ['with wrappers for Next.js', '/next', 22],
  ['with middlewares for tRPC, without its server', '/trpc', 22],
  ['with the schemas, without zod', '/schemas', 30],
  ['with the fake server, without zod and jose', '/testing', 80],
] as const;

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
    jsx: 'react-jsx',
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

/** What the application imports: `@authcenter/client` and `@authcenter/client/<name>`. */
const entries = [
  ...['index', 'passkeys', 'qr', 'schemas', 'testing', 'react', 'react-query'],
  ...['verify', 'fastify', 'express', 'hono', 'next', 'trpc'],
];
const trpc = ['@trpc/client', '@trpc/server'];
const ofReact = ['react', '@tanstack/react-query', '@trpc/tanstack-react-query'];
/** What an entry may take from elsewhere, at run time and in its declarations; the others may take tRPC's. */
const taken: Readonly<Record<string, readonly string[]>> = {
  schemas: ['zod'],
  testing: [...trpc, 'jose', 'node:http', 'zod'],
  // Who takes the hooks of the session alone needs no TanStack Query.
  react: [...trpc, 'react'],
  'react-query': [...trpc, ...ofReact],
  verify: [...trpc, 'jose'],
  fastify: [...trpc, 'jose', 'fastify'],
  express: [...trpc, 'jose'],
  hono: [...trpc, 'jose', 'hono'],
  next: [...trpc, 'jose'],
  trpc: [...trpc, 'jose'],
};
const isTaken = (entry: string, name: string): boolean =>
  (taken[entry] ?? trpc).some((allowed) => name === allowed || name.startsWith(`${allowed}/`));
const formats = ['cjs', 'd.cts', 'd.ts', 'js'];
/** What several entries share, under names that change with the content. */
const isChunk = (name: string): boolean => /^\.\/[a-z-]+-[\w-]{8}\.(?:cjs|js)$/.test(name);
const listDist = (extension: string): string[] =>
  sdk.files.filter((path) => path.startsWith('dist/') && path.slice(path.indexOf('.') + 1) === extension);

/** Statements stand at the start of a line; examples in comments do not. */
const listImports = (path: string): string[] =>
  [
    ...readInstalled(path).matchAll(
      /^(?:import|export)\b.*? from ["']([^"']+)["']|\b(?:import|require)\(["']([^"']+)["']\)/gm,
    ),
  ].map(([, statement, inline]) => statement ?? inline ?? '');

describe('the tarball', () => {
  test('holds what is used, and no more', () => {
    const dist = entries.flatMap((entry) => formats.map((format) => `dist/${entry}.${format}`));
    const chunks = sdk.files.filter((path) => isChunk(path.replace(/^dist/, '.').replace(/\.d\.(c?)ts$/, '.$1js')));
    const others = ['LICENSE', 'PROCEDURES.md', 'README.md', 'THIRD-PARTY.md', 'package.json'];
    expect([...sdk.files].sort()).toEqual([...others, ...dist, ...chunks].sort());
    const shared = formats.flatMap((format) => listDist(format).flatMap(listImports).filter(isChunk));
    expect(chunks.length).toBeGreaterThan(0);
    for (const chunk of chunks) expect(shared).toContain(chunk.replace(/^dist/, '.').replace(/\.d\.(c?)ts$/, '.$1js'));
  });

  /** Packages that an entry comes to import, through whatever chunks, which declarations name as they name code. */
  const listTaken = (entry: string, extension: string): string[] =>
    listImports(`dist/${entry}.${extension}`).flatMap((name) =>
      isChunk(name) ? listTaken(name.replace(/^\.\/|\.c?js$/g, ''), extension) : [name],
    );

  test.each(entries.flatMap((entry) => formats.map((format) => [entry, format] as const)))(
    '%s.%s imports nothing but what an application has',
    (entry, format) => {
      const names = listTaken(entry, format);
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((name) => !isTaken(entry, name))).toEqual([]);
      expect(readInstalled(`dist/${entry}.${format}`)).not.toMatch(/^\/\/\/ <reference/m);
    },
  );

  test('the verifier’s code takes in what is no CommonJS as every Node can: by import()', () => {
    for (const path of listDist('cjs').filter((file) => !file.startsWith('dist/testing')))
      expect(readInstalled(path)).not.toContain('require("jose")');
  });

  test.each(['react', 'react-query'])('says that %s is for client components', (entry) => {
    for (const extension of ['js', 'cjs'])
      expect(readInstalled(`dist/${entry}.${extension}`)).toMatch(/^"use client";/);
  });

  test('carries the licences of what is built into it', () => {
    const text = readInstalled('THIRD-PARTY.md').replace(/^> ?/gm, '');
    for (const licence of ['@simplewebauthn/browser/LICENSE.md', 'uqr/LICENSE'])
      expect(text).toContain(readFileSync(join(root, 'node_modules', licence), 'utf8').trim());
    const built = ['passkeys', 'qr'].flatMap((entry) =>
      [...readInstalled(`dist/${entry}.js`).matchAll(/^\/\/#region .*?node_modules\/((?:@[\w-]+\/)?[\w-]+)/gm)].map(
        ([, name]) => name,
      ),
    );
    expect(new Set(built)).toEqual(new Set(['@simplewebauthn/browser', 'uqr']));
  });

  test('is approved by publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('is approved by attw: every resolution of every entry finds the types that belong to its code', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const { stdout } = await run(process.execPath, [attw, sdk.tarball, '--format', 'json']).catch((error) => error);
    const { analysis } = JSON.parse(stdout) as {
      analysis: { problems: unknown[]; entrypoints: Record<string, { resolutions: object }> };
    };
    expect(analysis.problems).toEqual([]);
    for (const entry of entries.map((name) => (name === 'index' ? '.' : `./${name}`)))
      expect(Object.keys(analysis.entrypoints[entry]?.resolutions ?? {})).toEqual([
        'node10',
        'node16-cjs',
        'node16-esm',
        'bundler',
      ]);
  });
});

/** What a compiler may take where others work beside it, in ms. */
const COMPILING = 120_000;

describe('types in a fresh project', () => {
  const names = ['calls.ts', 'react.tsx', 'ways-in.ts', 'verify.ts', 'middlewares.ts', 'schemas.ts', 'testing.ts'];
  const wrong = names.map((name) => `wrong-${name}`);
  const calls = [...names.map((name) => `right-${name}`), ...wrong];

  test.each(['typescript59', 'typescript', 'typescript7'])(
    '%s, NodeNext: right calls compile, wrong ones do not, from ESM and CJS',
    async (typescript) => {
      expect(await compile(typescript, { module: 'nodenext' }, [...calls, 'common.cts'])).toBeNull();
    },
    COMPILING,
  );

  test.each(['typescript59', 'typescript', 'typescript7'])(
    '%s, bundler',
    async (typescript) => {
      const options = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true };
      expect(await compile(typescript, options, calls)).toBeNull();
    },
    COMPILING,
  );

  test('a wrong call that is expected nowhere is told, the types are not just any', async () => {
    const expected = new Map<string, number>();
    for (const file of wrong) {
      const lines = readFileSync(join(consumer, file), 'utf8');
      writeFileSync(join(sdk.folder, `unexpected-${file}`), lines.replace(/^\s*\/\/ @ts-expect-error.*$/gm, ''));
      expected.set(`unexpected-${file}`, lines.match(/@ts-expect-error/g)?.length ?? 0);
    }
    const complaints = (await compile('typescript7', { module: 'nodenext' }, ['unexpected-*'])) ?? '';
    const told = Map.groupBy(complaints.matchAll(/^([\w.-]+)\(.*error TS\d+/gm), ([, file = '']) => file);
    expect(new Map([...told].map(([file, errors]) => [file, errors.length]))).toEqual(expected);
    for (const count of expected.values()) expect(count).toBeGreaterThan(5);
  });

  test('every example of the documentation and of the README compiles', async () => {
    const options = { module: 'nodenext', exactOptionalPropertyTypes: true };
    expect(await compile('typescript7', options, ['example-*.ts', 'example-*.tsx'])).toBeNull();
  });
});

describe('at run time', () => {
  const exported = {
    sdk: ['AuthCenterError', 'createAuthCenter', 'idempotent'],
    passkeys: ['loginWithPasskey', 'proveByPasskey', 'registerPasskey', 'supportsPasskeys'],
    qr: ['renderQr', 'signInByQr'],
    react: ['AuthProvider', 'Can', 'useAuth', 'useCan'],
    'react-query': ['createQueries', 'retryQuery', 'useAuthCenterQueries'],
    verify: ['createVerifier'],
    fastify: ['createAuth'],
    express: ['createAuth'],
    hono: ['createAuth'],
    next: ['createAuth'],
    trpc: ['authContext', 'authErrorFormatter', 'authResponseMeta', 'createAuth'],
  };
  // A storage of one's own opens a channel to other tabs; here are no passkeys, which is told by the one class of errors.
  const use = `
    const storage = { get: () => null, set() {}, remove() {} };
    const center = sdk.createAuthCenter({ url: 'https://auth.example.com', storage });
    const api = { auth: { passkeys: { loginOptions: { mutate: async () => ({ challenge: 'AAAA' }) } } } };
    passkeys.loginWithPasskey({ ...center, api }).catch((error) => {
      const loaded = { sdk, passkeys, qr, react, 'react-query': query, verify, fastify, express, hono, next, trpc };
      const exported = Object.fromEntries(Object.entries(loaded).map(([name, module]) => [name, Object.keys(module).sort()]));
      const facts = [error instanceof sdk.AuthCenterError, error.code, center.auth.can('SEARCH'), qr.renderQr('x').slice(0, 4)];
      console.log(JSON.stringify({ exported, facts }));
    });
    // Its feed goes on being tried for, and keeps nothing alive.
    verify.createVerifier({ url: 'http://127.0.0.1:9', clientId: 'x', clientSecret: 'y' }).ready().catch(() => {});`;

  test.each([
    ['import', 'run.mjs', (name: string, from: string) => `import * as ${name} from '${from}';`],
    ['require', 'run.cjs', (name: string, from: string) => `const ${name} = require('${from}');`],
  ])('%s works in Node, and the process ends by itself', async (_name, file, load) => {
    const loads = Object.keys(exported).map((name) =>
      load(
        name === 'react-query' ? 'query' : name,
        name === 'sdk' ? '@authcenter/client' : `@authcenter/client/${name}`,
      ),
    );
    writeFileSync(join(sdk.folder, file), [...loads, use].join('\n'));
    const { stdout } = await run(process.execPath, [file], { cwd: sdk.folder, timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual({ exported, facts: [true, 'ACCESS_DENIED', false, '<svg'] });
  });

  test.each([
    ['import', 'schemas.mjs', "import * as schemas from '@authcenter/client/schemas';"],
    ['require', 'schemas.cjs', "const schemas = require('@authcenter/client/schemas');"],
  ])('%s brings the schemas that the server checks by', async (_name, file, load) => {
    const check = `
      const { LoginInput, RegisterInput } = schemas;
      const person = { username: 'Li.Lei', email: 'li.lei@example.com', password: 'correct horse battery staple' };
      const facts = [
        RegisterInput.parse(person).username,
        RegisterInput.safeParse({ ...person, role: 'Admin' }).success,
        LoginInput.safeParse({ email: 'li.lei', password: 'secret' }).success,
      ];
      console.log(JSON.stringify({ facts, missing: ${JSON.stringify(Object.keys(contract))}.filter((name) => !(name in schemas)) }));`;
    writeFileSync(join(sdk.folder, file), load + check);
    const { stdout } = await run(process.execPath, [file], { cwd: sdk.folder, timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual({ facts: ['li.lei', false, false], missing: [] });
  });

  test('tests find a fake server in it', async () => {
    const load = "import('./right-testing.ts').then(({ results }) => console.log(JSON.stringify(results)))";
    const { stdout } = await run(process.execPath, ['-e', load], { cwd: sdk.folder, timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual([3, ['aaaa-bbbb'], 'OVERLOADED', true, ['Editor', 'User'], 200]);
    const required =
      "require('@authcenter/client/testing').createTestIssuer().mintToken().then((token) => console.log(token.length > 100))";
    expect((await run(process.execPath, ['-e', required], { cwd: sdk.folder })).stdout.trim()).toBe('true');
  });

  test('calls nothing that Node 20 does not have', () => {
    const newer = new RegExp(
      [
        /\b(Map|Object)\.groupBy\b/,
        /\bPromise\.(withResolvers|try)\b/,
        /\b(Array\.fromAsync|RegExp\.escape|Iterator\.from|Uint8Array\.from(Base64|Hex))\b/,
        /\.(isWellFormed|toWellFormed|isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference|toBase64|toHex)\(/,
        // Iterators came by the methods of lists later.
        /\.(values|keys|entries)\(\)\.(map|filter|some|every|find|reduce|flatMap|forEach|take|drop|toArray)\(/,
      ]
        .map(({ source }) => source)
        .join('|'),
      'g',
    );
    const files = readdirSync(join(installed, 'dist')).filter((name) => /\.(js|cjs)$/.test(name));
    expect(files.length).toBeGreaterThan(10);
    const used = files.map((name) => [name, readInstalled(`dist/${name}`).match(newer) ?? []] as const);
    expect(used.filter(([, calls]) => calls.length > 0)).toEqual([]);
  });

  const needNoServer = listSdkExamples().filter(({ code }) => code.includes('@authcenter/client/testing'));
  test.each(needNoServer.map(({ name }) => name))('%s brings its own server, and runs', async (name) => {
    await run(process.execPath, [name], { cwd: sdk.folder, timeout: 20_000 });
  });

  test.each(MAX_SIZES)('in a browser’s bundle it weighs no more than it may: %s', async (_name, entry, max) => {
    const size = await measureBundle(sdk, entry);
    expect(size).toBeGreaterThan(1024);
    expect(size).toBeLessThanOrEqual(max * 1024);
  });
});
