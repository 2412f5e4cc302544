// Starts `authcenter dev` as a person would, in a process and a data directory of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMongodOn } from '../../scripts/mongod/process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = fileURLToPath(new URL('../../scripts/authcenter.ts', import.meta.url));

export interface StartedProcess {
  pid: number;
  /** What it has printed so far, both streams. */
  output(): string;
  /** The server's address, as soon as it is printed; rejects when the process ends before. */
  url(): Promise<string>;
  /** Resolves with the exit code when the process has ended by itself, null when a signal ended it. */
  exited: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

/** The variables of this run that would change what a start does. */
const foreign =
  /^(AUTHCENTER|MONGO|ADMIN_|KEY_ENCRYPTION|JWT_|SMTP_|PORT$|HOST$|PUBLIC_URL$|LOG_LEVEL$|NODE_ENV$|VITEST)/;

export function startProcess(dataDirectory: string, env: Record<string, string> = {}): StartedProcess {
  return launch([process.execPath, cli, 'dev'], dataDirectory, env);
}

/** `npm start`, by the npm that runs these tests, else the one on PATH. */
export function startByNpm(dataDirectory: string): StartedProcess {
  const npm = process.env['npm_execpath'];
  const command = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
  return launch([...command, 'start'], dataDirectory, {});
}

function launch([command = '', ...args]: string[], dataDirectory: string, env: Record<string, string>): StartedProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !foreign.test(name) || name === 'AUTHCENTER_CACHE_DIR' || name === 'MONGOD_BINARY',
  );
  const child = spawn(command, args, {
    cwd: root,
    env: {
      ...Object.fromEntries(inherited),
      AUTHCENTER_DATA_DIR: dataDirectory,
      PORT: '0',
      // The cheapest hash there is: these tests are about processes.
      AUTHCENTER__SECURITY__BCRYPT_COST: '4',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return follow(child);
}

function follow(child: ChildProcess): StartedProcess {
  let output = '';
  const listeners = new Set<() => void>();
  const append = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  // `close` and not `exit`: the output is complete only then.
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    url: () =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          // The banner is printed in one piece, so that with the address the rest of it is there too.
          const url = /^ {2}server +(http:\S+)$/m.exec(output)?.[1];
          if (url === undefined) return;
          listeners.delete(look);
          resolve(url);
        };
        listeners.add(look);
        look();
        void exited.then((code) => reject(new Error(`it ended with ${code} before it was up:\n${output}`)));
      }),
    exited,
    signal: (name) => child.kill(name),
  };
}

/** The pid of the mongod that works on that data directory; null when there is none. */
export function findMongodOf(dataDirectory: string): number | null {
  const dbPath = join(dataDirectory, 'db');
  try {
    const pid = Number.parseInt(readFileSync(join(dbPath, 'mongod.lock'), 'utf8'), 10);
    return Number.isInteger(pid) && isMongodOn(pid, dbPath) ? pid : null;
  } catch {
    return null;
  }
}
