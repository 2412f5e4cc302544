// A mongod for tests: temporary data, a small cache, and what an interrupted run left behind cleared away.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory, findMongod } from '../../scripts/mongod/find.ts';
import { isMongodOn, readCommandLine } from '../../scripts/mongod/process.ts';
import { type RunningMongod, startMongod } from '../../scripts/mongod/run.ts';

export type { RunningMongod };

const prefix = 'authcenter-test-';
const ownerFile = 'owner.json';

interface Owner {
  owner: number;
  mongod: { pid: number; dbPath: string }[];
}

export function findTestMongod(): Promise<string> {
  return findMongod({
    env: process.env,
    cacheDir: cacheDirectory(process.env),
    log: (line) => process.stderr.write(`${line}\n`),
  });
}

const ROOM = 4 * 1024 ** 3;

/** In memory where there is room: each test file makes a hundred files in its database, and majority writes wait for the disk. */
function dataFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize >= ROOM ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** A folder that the next run removes, with the mongods in it, when this process ends without doing so. */
export function makeTestFolder(): { path: string; own(pid: number, dbPath: string): void; remove(): void } {
  const path = mkdtempSync(join(dataFolder(), prefix));
  const record: Owner = { owner: process.pid, mongod: [] };
  const save = () => writeFileSync(join(path, ownerFile), JSON.stringify(record));
  save();
  return {
    path,
    own(pid, dbPath) {
      record.mongod.push({ pid, dbPath });
      save();
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A replica set of one with temporary data; `stop()` removes the data too. */
export async function startTestMongod(): Promise<RunningMongod> {
  const folder = makeTestFolder();
  try {
    const dbPath = join(folder.path, 'db');
    const options = { dbPath, port: 0, replSet: 'test', cacheGb: 0.5, shortLived: true };
    const node = await startMongod({ binary: await findTestMongod(), ...options });
    folder.own(node.pid, dbPath);
    return { ...node, stop: () => node.stop().finally(folder.remove) };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/** Ends the mongods of runs that were killed before they could do it themselves. */
export function clearInterruptedRuns(): void {
  for (const name of readdirSync(dataFolder()).filter((entry) => entry.startsWith(prefix))) {
    const path = join(dataFolder(), name);
    try {
      const { owner, mongod } = JSON.parse(readFileSync(join(path, ownerFile), 'utf8')) as Owner;
      if (readCommandLine(owner) !== null) continue;
      for (const { pid, dbPath } of mongod) if (isMongodOn(pid, dbPath)) process.kill(pid, 'SIGKILL');
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Another run is just making or clearing that folder.
    }
  }
}
