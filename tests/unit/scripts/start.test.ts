// The parts of a start that need no database: the lock on the data directory, and the words for what goes wrong.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findRunningDatabase, openDataDirectory } from '../../../scripts/dev/data-directory.ts';
import { identifyProcess } from '../../../scripts/dev/process-identity.ts';
import { maskUri } from '../../../server/src/database/client.ts';
import { explainStartError, StartError } from '../../../server/src/start-error.ts';

describe('the data directory', () => {
  let folder: string;
  let lockPath: string;
  const open = () => openDataDirectory(folder, () => {});

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'authcenter-data-'));
    lockPath = join(folder, 'server.pid');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is locked while it is open', async () => {
    const directory = await open();
    expect(JSON.parse(readFileSync(lockPath, 'utf8'))).toEqual({
      pid: process.pid,
      identity: identifyProcess(process.pid),
    });
    directory.release();
    expect(existsSync(lockPath)).toBe(false);
  });

  test('is made with the folders above it; where none can be, the start says so', async () => {
    const deep = await openDataDirectory(join(folder, 'a/b'), () => {});
    deep.release();
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o700);
    const nowhere = openDataDirectory('/proc/nowhere/at/all', () => {});
    await expect(nowhere).rejects.toThrow('/proc/nowhere/at/all cannot be used');
  });

  test('is refused while another process holds it', async () => {
    writeFileSync(lockPath, JSON.stringify({ pid: process.ppid, identity: identifyProcess(process.ppid) }));
    await expect(open()).rejects.toThrow(`(process ${process.ppid})`);
    expect(JSON.parse(readFileSync(lockPath, 'utf8')).pid).toBe(process.ppid);
  });

  test('is taken over from a dead process, a later one of the same pid, and a lock cut short', async () => {
    const dead = Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
    const stale = [
      JSON.stringify({ pid: dead, identity: '1' }),
      JSON.stringify({ pid: process.ppid, identity: 'earlier' }),
      '{"pid":',
    ];
    for (const content of stale) {
      writeFileSync(lockPath, content);
      const directory = await open();
      expect(JSON.parse(readFileSync(lockPath, 'utf8')).pid).toBe(process.pid);
      directory.release();
    }
  });

  test('keeps one key for good, for its owner alone', async () => {
    const directory = await open();
    const key = directory.readKey();
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(directory.readKey()).toBe(key);
    expect(statSync(join(folder, 'key-encryption-key')).mode & 0o777).toBe(0o600);
  });
});

describe('the database of a server that runs', () => {
  let folder: string;
  let lockPath: string;
  const uri = 'mongodb://127.0.0.1:27099/?replicaSet=authcenter&directConnection=true';
  const lock = { pid: process.ppid, identity: identifyProcess(process.ppid), uri, key: 'x' };
  const write = (content: object, mode = 0o600) => writeFileSync(lockPath, JSON.stringify(content), { mode });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'authcenter-data-'));
    lockPath = join(folder, 'server.pid');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is found where it says so, and no key but its own is taken', () => {
    expect(findRunningDatabase(folder)).toBeNull();
    write(lock);
    const running = findRunningDatabase(folder);
    expect(running).toMatchObject({ pid: process.ppid, uri });
    const key = randomBytes(32).toString('base64');
    for (const given of [undefined, key]) expect(() => running?.readKey(given)).toThrow('another key-encryption key');
    write({ ...lock, key: createHash('sha256').update(key).digest('base64url') });
    expect(findRunningDatabase(folder)?.readKey(key)).toBe(key);
    writeFileSync(join(folder, 'key-encryption-key'), `${key}\n`);
    expect(findRunningDatabase(folder)?.readKey(undefined)).toBe(key);
    expect(() => findRunningDatabase(folder)?.readKey('other')).toThrow('another key-encryption key');
  });

  test.each([
    ['a server that has ended', { ...lock, identity: 'earlier' }, 0o600],
    ['one whose database is not there yet', { pid: lock.pid, identity: lock.identity }, 0o600],
    ['a file that others may write', lock, 0o666],
    ['a database elsewhere', { ...lock, uri: 'mongodb://db.example.com:27017/?replicaSet=authcenter' }, 0o600],
    ['a database elsewhere, behind credentials', { ...lock, uri: 'mongodb://127.0.0.1:1@db.example.com/?x=y' }, 0o600],
  ])('is not taken from %s', (_name, content, mode) => {
    write(content, mode);
    chmodSync(lockPath, mode);
    expect(findRunningDatabase(folder)).toBeNull();
  });

  test('is noted in a new file, whatever stands under its name', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, join(folder, `server.pid.${process.pid}`));
    const directory = await openDataDirectory(folder, () => {});
    directory.noteDatabase(uri, 'key');
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(statSync(lockPath).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(lockPath, 'utf8'))).toMatchObject({ pid: process.pid, uri });
    expect(readdirSync(folder).sort()).toEqual(['server.pid', 'victim']);
    directory.release();
  });
});

describe('the words for a failed start', () => {
  const explain = (error: unknown) => explainStartError(error, { env: {}, database: 'mongodb://db:27017/' });

  test('say what to do about it', () => {
    expect(explain(new StartError('This is so.', 'Do that.'))).toBe('This is so.\nDo that.');
    const inUse = Object.assign(new Error('listen'), { code: 'EADDRINUSE', address: '127.0.0.1', port: 8080 });
    expect(explain(inUse)).toMatch(/Port 8080 on 127.0.0.1 is in use[\s\S]*PORT=/);
    const away = Object.assign(new Error('connect ECONNREFUSED'), { name: 'MongoServerSelectionError' });
    expect(explain(away)).toMatch(/mongodb:\/\/db:27017\/ cannot be used: connect ECONNREFUSED[\s\S]*MONGODB_URI/);
  });

  test('show a stack only on demand', () => {
    const error = new Error('unforeseen');
    expect(explain(error)).toBe('unforeseen');
    expect(explainStartError(error, { env: { AUTHCENTER_DEBUG: '1' } })).toContain('start.test.ts');
  });

  test('show no credentials', () => {
    expect(maskUri('mongodb://name:p%40ss@db:27017/x')).toBe('mongodb://***@db:27017/x');
    expect(maskUri('mongodb://name:p@ss/word@db:27017/x')).toBe('mongodb://***@db:27017/x');
  });
});
