// How the package is built: ESM and CJS, with declarations that hold the server's router type and import nothing but @trpc/*.
import { defineConfig } from 'tsdown';

const own = /^@authcenter\//;
/** Every package that is not of this repository. */
const foreign = /^(?!@authcenter\/)[@a-z]/;

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: 'es2022',
  clean: true,
  dts: {
    // TypeScript 7 writes them in a quarter of the time, of all that its configuration covers; `resolve` takes in what is not published.
    tsgo: { path: '../node_modules/typescript7/bin/tsc' },
    tsconfig: '../tsconfig.json',
    resolve: [own],
    sourcemap: false,
  },
  deps: { alwaysBundle: [own], neverBundle: [foreign] },
  outExtensions: ({ format }) => (format === 'cjs' ? { js: '.cjs', dts: '.d.cts' } : { js: '.js', dts: '.d.ts' }),
});
