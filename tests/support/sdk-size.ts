// How much of an application's bundle an entry of the SDK makes up.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { PackedSdk } from './pack-sdk.ts';

/** What an application for React has already. */
const OF_REACT = ['@tanstack/react-query', '@trpc/tanstack-react-query', 'react', 'react/jsx-runtime'];

/** @returns bytes, minified and gzipped: the client and what one entry more brings (`''`: none), with tRPC's links, without what servers load */
export async function measureBundle(sdk: PackedSdk, entry: string): Promise<number> {
  const contents = `
    import { AuthCenterError, createAuthCenter } from '@authcenter/client';
    import * as more from '@authcenter/client${entry}';
    console.log(AuthCenterError, createAuthCenter, ${entry === '' ? 'null' : 'more'});
    ${entry === '/react-query' ? "export * from '@authcenter/client/react';" : ''}`;
  return bundle(sdk, contents);
}

/** @returns bytes, minified and gzipped: what an entry alone brings */
export const measureEntry = (sdk: PackedSdk, entry: string): Promise<number> =>
  bundle(sdk, `import * as all from '@authcenter/client${entry}'; console.log(all);`);

async function bundle({ folder }: PackedSdk, contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['jose', 'zod', 'node:http', '@trpc/server', ...OF_REACT],
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}
