// Calls `authcenter` as an operator does: in a process of its own that has nothing of this run's surroundings but what it is given.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { keepCompiled } from './compile-cache.ts';
import type { TestServer } from './server.ts';

const cli = fileURLToPath(new URL('../../scripts/authcenter.ts', import.meta.url));

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What stands on its standard input; nothing without it. */
  readonly input?: string;
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCommand(
  args: readonly string[],
  { env = {}, cwd, input = '' }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...keepCompiled(), ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

/** On the installation of that server, with its key. */
export const runCommandBeside = (
  { databaseName, keyEncryptionKey }: TestServer,
  args: readonly string[],
  { env = {}, ...options }: CommandOptions = {},
): Promise<CommandResult> =>
  runCommand(args, {
    ...options,
    env: {
      MONGODB_URI: inject('mongoUri'),
      AUTHCENTER__MONGODB__DATABASE: databaseName,
      KEY_ENCRYPTION_KEY: keyEncryptionKey,
      ...env,
    },
  });
