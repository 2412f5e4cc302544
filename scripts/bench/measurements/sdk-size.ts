// What the SDK costs who installs it: bytes in a bundle, declarations, and the compiler's time over them.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PackedSdk, packSdk, unpackSdk } from '../../../tests/support/pack-sdk.ts';
import { measureBundle, measureEntry } from '../../../tests/support/sdk-size.ts';
import type { Lab } from '../harness/lab.ts';
import { atMost, type Row, type Section } from '../harness/report.ts';
import { median } from '../harness/statistics.ts';

const KILOBYTE = 1024;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const consumer = join(root, 'client-sdk/consumer');
const ENTRIES = ['passkeys', 'qr', 'verify', 'fastify', 'express', 'hono', 'next', 'trpc'];

async function measureCompiler({ folder }: PackedSdk, typescript: string, times: number): Promise<number> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['esnext', 'dom'],
    types: [],
    skipLibCheck: true,
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['right-calls.ts', 'right-verify.ts'] }),
  );
  const taken: number[] = [];
  for (let index = 0; index < times; index++) {
    const startedAt = performance.now();
    await promisify(execFile)(process.execPath, [join(root, 'node_modules', typescript, 'bin/tsc'), '-p', folder]);
    taken.push(performance.now() - startedAt);
  }
  return median(taken);
}

export async function measureSdkSize(lab: Lab): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'authcenter-pack-'));
  const sdk = await unpackSdk(await packSdk(folder));
  try {
    for (const file of readdirSync(consumer)) copyFileSync(join(consumer, file), join(sdk.folder, file));
    const alone: Row = {
      name: 'the client, with tRPC’s links',
      value: (await measureBundle(sdk, '')) / KILOBYTE,
      unit: 'KB',
      target: atMost(15),
      from: 'minified and gzipped',
    };
    const entries: Row[] = [];
    for (const entry of ENTRIES)
      entries.push({
        name: `/${entry} alone`,
        value: (await measureEntry(sdk, `/${entry}`)) / KILOBYTE,
        unit: 'KB',
        from: 'the same, with tRPC’s client where it is needed; without jose and the framework',
      });
    const dist = join(sdk.folder, 'node_modules/@authcenter/client/dist');
    const declarations = readdirSync(dist).filter((name) => name.endsWith('.d.ts'));
    const compilers: Row[] = [];
    for (const typescript of ['typescript59', 'typescript', 'typescript7'])
      compilers.push({
        name: `${typescript}: a project’s calls`,
        value: await measureCompiler(sdk, typescript, lab.short ? 1 : 3),
        unit: 'ms',
        from: 'tsc --noEmit over right-calls and right-verify',
      });
    return {
      title: 'SDK: what it costs who installs it',
      rows: [
        alone,
        ...entries,
        {
          name: 'declarations',
          value: declarations.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0) / KILOBYTE,
          unit: 'KB',
          from: `${declarations.length} files, for ES modules`,
        },
        { name: 'the tarball', value: statSync(sdk.tarball).size / KILOBYTE, unit: 'KB', from: 'as npm packs it' },
        ...compilers,
      ],
    };
  } finally {
    sdk.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
