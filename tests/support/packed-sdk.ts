// The SDK as an application gets it: built, packed, and unpacked into a fresh project with its peers beside it.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'client-sdk');

export interface PackedSdk {
  /** The project: an ES module package whose `node_modules` hold the SDK and its peers. */
  readonly folder: string;
  readonly tarball: string;
  /** Paths in the tarball, as npm packed them. */
  readonly files: readonly string[];
  remove(): void;
}

/** Builds into a folder of its own, so that several may run at once and none sees what was built before. */
export async function installPackedSdk(): Promise<PackedSdk> {
  const base = mkdtempSync(join(tmpdir(), 'authcenter-sdk-'));
  const [stage, folder] = [join(base, 'stage'), join(base, 'project')];
  const installed = join(folder, 'node_modules/@authcenter/client');
  mkdirSync(stage);
  mkdirSync(installed, { recursive: true });
  for (const file of ['package.json', 'README.md', 'PROCEDURES.md', 'LICENSE'])
    copyFileSync(join(source, file), join(stage, file));
  await run(process.execPath, [join(root, 'node_modules/tsdown/dist/run.mjs'), '--out-dir', join(stage, 'dist')], {
    cwd: source,
  });

  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', base];
  const { stdout } = await run('npm', pack, { cwd: stage, shell: process.platform === 'win32' });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error('npm packed nothing');
  const tarball = join(base, packed.filename);
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);

  mkdirSync(join(folder, 'node_modules/@trpc'));
  for (const peer of ['@trpc/client', '@trpc/server']) {
    symlinkSync(join(root, 'node_modules', peer), join(folder, 'node_modules', peer), 'junction');
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  return {
    folder,
    tarball,
    files: packed.files.map(({ path }) => path),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
