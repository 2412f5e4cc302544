// How the package is built: ESM and CJS, with declarations that hold the server's router type and import nothing but the peers' types.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';

/** What is not published, and what is too small to be asked for by name. */
const own = /^(@authcenter\/|@simplewebauthn\/browser$|uqr$)/;
const foreign = /^(?!@authcenter\/|@simplewebauthn\/browser$|uqr$)[@a-z]/;

const list = (...names: string[]): string[] => names.map((name) => `src/${name}.ts`);

const common: UserConfig = {
  platform: 'neutral',
  target: 'es2022',
  deps: { alwaysBundle: [own], neverBundle: [foreign] },
};

/** Declarations are written once, the slow part by far; those for CommonJS differ in what they call their neighbours. */
const bothFormats = (name: string, entry: string[]): UserConfig[] => [
  {
    ...common,
    name: `${name}-esm`,
    entry,
    format: 'esm',
    dts: {
      // TypeScript 7 writes them in a quarter of the time, of all that its configuration covers; `resolve` takes in what is not published.
      tsgo: { path: '../node_modules/typescript7/bin/tsc' },
      tsconfig: '../tsconfig.published.json',
      resolve: [own],
      sourcemap: false,
    },
    outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
    hooks: {
      'build:done': ({ options, chunks }) => {
        const declarations = chunks.map(({ fileName }) => fileName).filter((name) => name.endsWith('.d.ts'));
        for (const name of declarations) {
          const text = readFileSync(join(options.outDir, name), 'utf8');
          const common = text.replace(/(?<=from "\.\/[^"]+)\.js(?=")/g, '.cjs');
          writeFileSync(join(options.outDir, name.replace(/\.ts$/, '.cts')), common);
        }
      },
    },
  },
  { ...common, name: `${name}-cjs`, entry, format: 'cjs', dts: false, outExtensions: () => ({ js: '.cjs' }) },
];

export default defineConfig([
  ...bothFormats('client', [
    ...list('index', 'passkeys', 'qr', 'react', 'react-query'),
    ...list('verify', 'fastify', 'express', 'hono', 'next', 'trpc'),
  ]),
  // By themselves: declarations that they shared with the others would make zod a need of theirs.
  ...bothFormats('schemas', list('schemas', 'testing')),
]);
