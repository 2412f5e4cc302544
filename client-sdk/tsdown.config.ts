// How the package is built: ESM and CJS, with declarations that hold the server's router type and import nothing but the peers' types.
import { defineConfig, type UserConfig } from 'tsdown';

/** What is not published, and what is too small to be asked for by name. */
const own = /^(@authcenter\/|@simplewebauthn\/browser$|uqr$)/;
const foreign = /^(?!@authcenter\/|@simplewebauthn\/browser$|uqr$)[@a-z]/;

const list = (...names: string[]): string[] => names.map((name) => `src/${name}.ts`);

const common: UserConfig = {
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  dts: {
    // TypeScript 7 writes them in a quarter of the time, of all that its configuration covers; `resolve` takes in what is not published.
    tsgo: { path: '../node_modules/typescript7/bin/tsc' },
    tsconfig: '../tsconfig.json',
    resolve: [own],
    sourcemap: false,
  },
  deps: { alwaysBundle: [own], neverBundle: [foreign] },
  outExtensions: ({ format }) => (format === 'cjs' ? { js: '.cjs', dts: '.d.cts' } : { js: '.js', dts: '.d.ts' }),
};

export default defineConfig([
  {
    ...common,
    entry: [
      ...list('index', 'passkeys', 'qr', 'react', 'react-query'),
      ...list('verify', 'fastify', 'express', 'hono', 'next', 'trpc'),
    ],
    clean: true,
  },
  // By themselves: declarations that they shared with the others would make zod a need of theirs.
  { ...common, entry: list('schemas', 'testing'), clean: false },
]);
