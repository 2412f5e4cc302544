// `npm start` as processes: what it prints, what it refuses, and that nothing is left running afterwards.
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { findMongodOf, type StartedProcess, startByNpm, startProcess } from '../support/start-process.ts';

const started: StartedProcess[] = [];
const directories: string[] = [];

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'authcenter-start-'));
  directories.push(directory);
  return directory;
}

function start(directory: string, env?: Record<string, string>): StartedProcess {
  const child = startProcess(directory, env);
  started.push(child);
  return child;
}

afterEach(async () => {
  for (const child of started.splice(0)) {
    child.signal('SIGKILL');
    await child.exited;
  }
  for (const directory of directories.splice(0)) {
    const pid = findMongodOf(directory);
    if (pid !== null) process.kill(pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});

const ready = async (url: string): Promise<number> => (await fetch(`${url}/health/ready`)).status;

function readAdministrator(output: string): { email: string; password: string } {
  const [, email, password] = /^administrator: (\S+) {2}password: (\S+)$/m.exec(output) ?? [];
  return { email: email ?? '', password: password ?? '' };
}

async function signIn(
  url: string,
  body: { email: string; password: string },
): Promise<{ status: number; answer: string }> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { status } = (await response.json()) as { status: string };
  return { status: response.status, answer: status };
}

/** Refused: an exit code, a reason without a stack, no database left behind. */
async function expectRefusal(child: StartedProcess, directory: string, ...reasons: (string | RegExp)[]): Promise<void> {
  expect(await child.exited).toBe(1);
  for (const reason of reasons) expect(child.output()).toMatch(reason);
  expect(child.output()).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(findMongodOf(directory)).toBeNull();
}

describe('a start with nothing configured', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('is up, and %s stops server and database cleanly', async (signal) => {
    const directory = makeDirectory();
    const child = start(directory);
    const url = await child.url();

    expect(await ready(url)).toBe(200);
    expect(child.output()).toContain(`${url}/docs`);
    expect(child.output()).toContain(`${url}/dev/outbox`);
    expect(child.output()).toContain(`curl -s ${url}/api/v1/auth/login`);
    expect(await signIn(url, readAdministrator(child.output()))).toEqual({ status: 200, answer: 'ok' });
    expect(statSync(join(directory, 'key-encryption-key')).mode & 0o777).toBe(0o600);
    expect(findMongodOf(directory)).not.toBeNull();

    child.signal(signal);
    expect(await child.exited).toBe(0);
    expect(findMongodOf(directory)).toBeNull();
    expect(existsSync(join(directory, 'server.pid'))).toBe(false);
  });

  test('stops as cleanly when npm is told to', async () => {
    const directory = makeDirectory();
    const child = startByNpm(directory);
    started.push(child);
    await child.url();
    child.signal('SIGTERM');
    expect(await child.exited).toBe(0);
    expect(child.output()).toContain('authcenter: stopped.');
    expect(findMongodOf(directory)).toBeNull();
  });

  test('can be called off while it is still starting', async () => {
    const directory = makeDirectory();
    const child = start(directory);
    await expect.poll(() => existsSync(join(directory, 'server.pid')), { timeout: 20_000, interval: 5 }).toBe(true);
    child.signal('SIGTERM');
    expect(await child.exited).toBe(0);
    expect(findMongodOf(directory)).toBeNull();
  });

  test('refuses a second one on the same directory and leaves the first alone', async () => {
    const directory = makeDirectory();
    const first = start(directory);
    const url = await first.url();
    const second = start(directory);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain(`already running on the data directory ${directory} (process ${first.pid})`);
    expect(second.output()).toContain('AUTHCENTER_DATA_DIR');
    expect(await ready(url)).toBe(200);
  });

  test('lets commands work on its database while it runs, and by its key', async () => {
    const directory = makeDirectory();
    const server = start(directory);
    const url = await server.url();
    const { email } = readAdministrator(server.output());
    const env = { AUTHCENTER_DATA_DIR: directory };
    const exported = await runCommand(['users', 'export', '--format', 'jsonl'], { env });
    expect(exported.stderr).toContain(`the server that runs on ${directory} (process ${server.pid})`);
    expect(exported.stdout).toContain(email);
    expect((await runCommand(['keys', 'rewrap'], { env })).status).toBe(0);
    expect(await ready(url)).toBe(200);
  });
});

describe('a start after a crash', () => {
  test('stops the mongod that kill -9 left behind, and keeps what was written', async () => {
    const directory = makeDirectory();
    const first = start(directory);
    await first.url();
    const administrator = readAdministrator(first.output());
    const orphan = findMongodOf(directory);
    first.signal('SIGKILL');
    await first.exited;
    expect(findMongodOf(directory)).toBe(orphan);

    const second = start(directory);
    const url = await second.url();
    expect(second.output()).toContain(`left over from an interrupted run (process ${orphan})`);
    expect(second.output()).not.toContain('password:');
    expect(findMongodOf(directory)).not.toBe(orphan);
    expect(await signIn(url, administrator)).toEqual({ status: 200, answer: 'ok' });
  });

  test('a mongod that dies under the server is brought back', async () => {
    const directory = makeDirectory();
    const child = start(directory);
    const url = await child.url();
    const died = findMongodOf(directory);
    process.kill(died ?? 0, 'SIGKILL');
    await expect.poll(() => child.output(), { timeout: 20_000 }).toContain('starting it again');
    await expect.poll(() => findMongodOf(directory) ?? died, { timeout: 20_000 }).not.toBe(died);
    await expect.poll(() => ready(url), { timeout: 25_000, interval: 200 }).toBe(200);
  });
});

describe('a start that cannot be', () => {
  test('names an unknown key and a bad value, with the place of each', async () => {
    const directory = makeDirectory();
    const child = start(directory, { AUTHCENTER__JWT__ACCES_TOKEN_EXPIRE: '15m', PORT: 'http' });
    await expectRefusal(
      child,
      directory,
      'jwt.acces_token_expire',
      'AUTHCENTER__JWT__ACCES_TOKEN_EXPIRE',
      'server.port',
    );
  });

  test('names the port in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const address = blocker.address();
    const port = String(typeof address === 'object' && address !== null ? address.port : 0);
    try {
      const directory = makeDirectory();
      const child = start(directory, { PORT: port });
      await expectRefusal(child, directory, `Port ${port}`, 'in use', 'PORT=');
    } finally {
      blocker.close();
    }
  });

  test('names a database that does not answer, without its password', async () => {
    const directory = makeDirectory();
    const child = start(directory, { MONGODB_URI: 'mongodb://someone:hidden@127.0.0.1:9/?replicaSet=rs0' });
    await expectRefusal(child, directory, '127.0.0.1:9', 'MONGODB_URI');
    expect(child.output()).not.toContain('hidden');
  });

  test('names a mongod that is not there', async () => {
    const directory = makeDirectory();
    const child = start(directory, { MONGOD_BINARY: '/nowhere/mongod' });
    await expectRefusal(child, directory, '/nowhere/mongod', 'MONGOD_BINARY');
  });

  test('names a data directory that cannot be written', async () => {
    const directory = makeDirectory();
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    const child = start(join(file, 'data'));
    await expectRefusal(child, directory, join(file, 'data'), 'AUTHCENTER_DATA_DIR');
  });
});
