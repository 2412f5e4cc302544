// The folder that keeps a development server's data: its lock, its key and the path of its database.
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartError } from '../../server/src/start-error.ts';
import { isMongodOn, stopOrphan } from '../mongod/process.ts';
import { identifyProcess } from './process-identity.ts';

export interface DataDirectory {
  path: string;
  dbPath: string;
  /** Base64 of 32 bytes; made at the first start and kept, readable by its owner alone. */
  readKey(): string;
  /** Lets commands find the database while it runs. */
  noteDatabase(uri: string, key: string): void;
  release(): void;
}

interface Lock {
  pid: number;
  identity: string | null;
  /** Of the database, once it runs. */
  uri?: string;
  /** SHA-256 of the key-encryption key that the server has. */
  key?: string;
}

const lockOf = (path: string): string => resolve(path, 'server.pid');
const keyOf = (path: string): string => resolve(path, 'key-encryption-key');

/** @throws {StartError} when a running server holds the folder, or it cannot be written */
export async function openDataDirectory(path: string, log: (line: string) => void): Promise<DataDirectory> {
  const dbPath = resolve(path, 'db');
  const lockPath = lockOf(path);
  try {
    makeFolder(resolve(path));
    takeLock(path, lockPath);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `The data directory ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
      'Make it writable, or name another one in AUTHCENTER_DATA_DIR.',
    );
  }
  try {
    await stopLeftover(dbPath, log);
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw error;
  }
  return {
    path,
    dbPath,
    readKey: () => readOrMakeKey(keyOf(path)),
    noteDatabase: (uri, key) =>
      writeLock(path, { ...ownLock(), uri, key: hashKey(key) }, (draft) => renameSync(draft, lockPath)),
    release: () => rmSync(lockPath, { force: true }),
  };
}

export interface RunningDatabase {
  /** The server's process. */
  readonly pid: number;
  readonly uri: string;
  /** @throws {StartError} where the key given, or else the folder's, is not the server's */
  readKey(given: string | undefined): string;
}

/** As `npm start` runs it, on this machine alone. */
const OWN_DATABASE = /^mongodb:\/\/127\.0\.0\.1:\d+\/\?[\w=&]+$/;

/** The database of the server that runs on the folder; null where none does, or not yet, or somebody else says so. */
export function findRunningDatabase(path: string): RunningDatabase | null {
  const lockPath = lockOf(path);
  const lock = isOurs(lockPath) ? readLock(lockPath) : null;
  if (!lock?.uri || !OWN_DATABASE.test(lock.uri) || !isHeld(lock)) return null;
  return { pid: lock.pid, uri: lock.uri, readKey: (given) => readKeyBeside(path, lock, given) };
}

/** Written by this user, and by nobody else. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) return false;
  return found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o022) === 0;
}

const hashKey = (key: string): string => createHash('sha256').update(key).digest('base64url');

function readKeyBeside(path: string, { pid, key }: Lock, given: string | undefined): string {
  const found = given ?? (existsSync(keyOf(path)) ? readFileSync(keyOf(path), 'utf8').trim() : undefined);
  if (found !== undefined && hashKey(found) === key) return found;
  throw new StartError(
    `The server that runs on the data directory ${path} (process ${pid}) has another key-encryption key.`,
    'Give this command the same KEY_ENCRYPTION_KEY.',
  );
}

/** One folder at a time: where none can be made, as under /proc, Node's own `recursive` does not come to an end. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

const ownLock = (): Lock => ({ pid: process.pid, identity: identifyProcess(process.pid) });

/** By a draft that is a new file of this user's alone, whatever stood under its name. */
function writeLock<T>(path: string, lock: Lock, put: (draft: string) => T): T {
  const draft = join(path, `server.pid.${process.pid}`);
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(lock), { flag: 'wx', mode: 0o600 });
  try {
    return put(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

const takeLock = (path: string, lockPath: string): void =>
  writeLock(path, ownLock(), (draft) => {
    // A link appears whole or not at all, and never over an existing file.
    if (tryLink(draft, lockPath)) return;
    const found = readLock(lockPath);
    if (found !== null && isHeld(found)) refuse(path, found.pid);
    moveStaleLock(path, lockPath, found);
    if (!tryLink(draft, lockPath)) refuse(path, readLock(lockPath)?.pid);
  });

/** Takes a dead server's lock away, unless another start has just done that and put its own in place. */
function moveStaleLock(path: string, lockPath: string, stale: Lock | null): void {
  const aside = join(path, `server.pid.stale.${process.pid}`);
  try {
    renameSync(lockPath, aside);
  } catch {
    return;
  }
  const moved = readLock(aside);
  if (moved !== null && moved.pid !== stale?.pid && isHeld(moved)) tryLink(aside, lockPath);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(lockPath: string): Lock | null {
  try {
    return JSON.parse(readFileSync(lockPath, 'utf8')) as Lock;
  } catch {
    return null;
  }
}

const isHeld = (lock: Lock): boolean =>
  lock.pid !== process.pid && lock.identity !== null && identifyProcess(lock.pid) === lock.identity;

function refuse(path: string, pid: number | undefined): never {
  throw new StartError(
    `An AuthCenter is already running on the data directory ${path}${pid === undefined ? '' : ` (process ${pid})`}.`,
    `Stop it${pid === undefined ? '' : ` (kill ${pid})`}, or give this one a directory of its own: AUTHCENTER_DATA_DIR=<folder> npm start`,
  );
}

/** After a `kill -9` of the server its mongod runs on; mongod itself notes its pid beside its data. */
async function stopLeftover(dbPath: string, log: (line: string) => void): Promise<void> {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(join(dbPath, 'mongod.lock'), 'utf8'), 10);
  } catch {
    return;
  }
  if (!Number.isInteger(pid) || !isMongodOn(pid, dbPath)) return;
  log(`a mongod left over from an interrupted run (process ${pid}) is stopped first …`);
  await stopOrphan(pid, dbPath);
}

function readOrMakeKey(path: string): string {
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    chmodSync(path, 0o600);
  }
  return readFileSync(path, 'utf8').trim();
}
