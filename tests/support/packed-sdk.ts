// The packed SDK, for tests: packed by the first file of a run that wants it, unpacked by each into a project of its own.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inject } from 'vitest';
import { type PackedSdk, packSdk, type Tarball, unpackSdk } from './pack-sdk.ts';

export type { PackedSdk } from './pack-sdk.ts';

export const installPackedSdk = async (): Promise<PackedSdk> => unpackSdk(await packOnce());

/** Test files run in processes of their own: whoever makes the folder packs, the others wait for what comes of it. */
async function packOnce(): Promise<Tarball> {
  const folder = join(inject('sharedFolder'), 'sdk');
  const [result, failure] = [join(folder, 'result.json'), join(folder, 'failure')];
  if (isFirst(folder))
    await packSdk(folder).then(
      (tarball) => {
        writeFileSync(`${result}.part`, JSON.stringify(tarball));
        // Whole or not at all.
        renameSync(`${result}.part`, result);
      },
      (error: unknown) => writeFileSync(failure, String(error)),
    );
  while (!existsSync(result)) {
    if (existsSync(failure)) throw new Error(`the SDK could not be packed: ${readFileSync(failure, 'utf8')}`);
    await sleep(100);
  }
  return JSON.parse(readFileSync(result, 'utf8'));
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** What the packed package exports, imported from where it was unpacked. */
export async function importPackedSdk({ folder }: PackedSdk) {
  const load = (entry: string) =>
    import(pathToFileURL(join(folder, `node_modules/@authcenter/client/dist/${entry}.js`)).href);
  const entries = ['index', 'qr', 'verify', 'fastify', 'express', 'hono', 'next', 'trpc'];
  const [client, qr, verify, fastify, express, hono, next, trpc] = await Promise.all(entries.map(load));
  return {
    client: client as typeof import('../../client-sdk/src/index.ts'),
    qr: qr as typeof import('../../client-sdk/src/qr.ts'),
    verify: verify as typeof import('../../client-sdk/src/verify.ts'),
    fastify: fastify as typeof import('../../client-sdk/src/fastify.ts'),
    express: express as typeof import('../../client-sdk/src/express.ts'),
    hono: hono as typeof import('../../client-sdk/src/hono.ts'),
    next: next as typeof import('../../client-sdk/src/next.ts'),
    trpc: trpc as typeof import('../../client-sdk/src/trpc.ts'),
  };
}
