// The SDK as npm publishes it: built and packed; and as an application gets it, unpacked into a fresh project with what it needs.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'client-sdk');

/** What npm would install beside it: peers, and the one dependency. */
const BESIDE = [
  ...['@trpc/client', '@trpc/server', 'jose', 'zod', 'fastify', 'express', '@types/express', 'hono'],
  ...['@trpc/tanstack-react-query', '@tanstack/react-query', '@types/react', 'react', 'react-dom'],
];

export interface Tarball {
  readonly path: string;
  /** Paths in it, as npm packed them. */
  readonly files: readonly string[];
}

export interface PackedSdk {
  /** The project: an ES module package whose `node_modules` hold the SDK and its peers. */
  readonly folder: string;
  readonly tarball: string;
  readonly files: readonly string[];
  remove(): void;
}

/** @param folder - an empty one of its own, so that none sees what was built before */
export async function packSdk(folder: string): Promise<Tarball> {
  const stage = join(folder, 'stage');
  mkdirSync(stage);
  for (const file of ['package.json', 'README.md', 'PROCEDURES.md', 'LICENSE', 'THIRD-PARTY.md'])
    copyFileSync(join(source, file), join(stage, file));
  await run(process.execPath, [join(root, 'node_modules/tsdown/dist/run.mjs'), '--out-dir', join(stage, 'dist')], {
    cwd: source,
  });
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: stage, shell: process.platform === 'win32' });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error('npm packed nothing');
  return { path: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
}

export async function unpackSdk({ path, files }: Tarball): Promise<PackedSdk> {
  const folder = mkdtempSync(join(tmpdir(), 'authcenter-sdk-'));
  const installed = join(folder, 'node_modules/@authcenter/client');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', path, '-C', installed, '--strip-components=1']);
  for (const name of BESIDE) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  return { folder, tarball: path, files, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
