// One mongod process: started in a process group of its own, told from other processes by its command line, stopped cleanly.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export class MongodStartError extends Error {
  override name = 'MongodStartError';
}

export interface SpawnMongodOptions {
  binary: string;
  /** The data folder; made when missing. The log is `mongod.log` inside it. */
  dbPath: string;
  /** 0 takes a free one; another is taken when it is free, else a free one. */
  port: number;
  replSet: string;
  log?: (line: string) => void;
  /** WiredTiger's cache in gigabytes (at least 0.25); unset leaves mongod's own measure, half of the memory. */
  cacheGb?: number;
  /** Many databases come and go: their files are closed within seconds, and not kept for snapshots of the last five minutes. */
  shortLived?: boolean;
}

export interface MongodProcess {
  pid: number;
  port: number;
  /** Resolves when the process has ended, however it did. */
  exited: Promise<void>;
  /** Clean shutdown; a process that does not end in time is killed. */
  stop(): Promise<void>;
  /** The crash: no goodbye, as `kill -9`. */
  kill(): Promise<void>;
}

const startLimit = 60_000;
const stopLimit = 20_000;
const listenAttempts = 5;

/** Resolves when the process accepts connections; the replica set is not looked at. */
export async function spawnMongod(options: SpawnMongodOptions): Promise<MongodProcess> {
  const { binary, dbPath, log = () => {} } = options;
  mkdirSync(dbPath, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await pickPort(attempt === 1 ? options.port : 0);
    const logPath = join(dbPath, 'mongod.log');
    writeFileSync(logPath, '', { mode: 0o600 });
    // Appended: a mongod already running on that folder goes on writing the same file.
    const output = openSync(logPath, 'a');
    // A group of its own: Ctrl-C reaches every process of the terminal's group, and mongod has to end after the server.
    const child = spawn(binary, listArguments(options, port), { detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    let unstartable: string | null = null;
    const exited = new Promise<void>((done) => {
      child.once('exit', () => done());
      child.once('error', (error) => {
        unstartable = error.message;
        done();
      });
    });
    if (await waitForPort(child, port, exited)) {
      // A mongod does not keep the script that started it alive; whoever stops it waits for it.
      child.unref();
      return control(child, port, exited);
    }
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
    const reason = unstartable ?? explainExit(logPath);
    // Between picking the port and mongod's bind another process may have taken it.
    if (!/address already in use/i.test(reason) || attempt === listenAttempts) {
      throw new MongodStartError(`mongod did not start on ${dbPath}: ${reason}\nIts log: ${logPath}`);
    }
    log(`port ${port} was taken meanwhile, mongod tries another`);
  }
}

function listArguments({ dbPath, replSet, cacheGb, shortLived = false }: SpawnMongodOptions, port: number): string[] {
  return [
    ...['--dbpath', resolve(dbPath), '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', replSet],
    // A signalled shutdown otherwise waits up to 15 s for a successor that a lone node does not have.
    ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    ...['--nounixsocket', '--oplogSize', '256'],
    ...(shortLived ? ['--setParameter', 'minSnapshotHistoryWindowInSeconds=5', '--syncdelay', '10'] : []),
    ...(cacheGb === undefined ? [] : ['--wiredTigerCacheSizeGB', String(cacheGb)]),
  ];
}

function control(child: ChildProcess, port: number, exited: Promise<void>): MongodProcess {
  const pid = child.pid as number;
  return {
    pid,
    port,
    exited,
    async stop() {
      child.ref();
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), stopLimit);
      await exited;
      clearTimeout(late);
    },
    async kill() {
      child.ref();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function waitForPort(child: ChildProcess, port: number, exited: Promise<void>): Promise<boolean> {
  const deadline = Date.now() + startLimit;
  let ended = child.pid === undefined;
  void exited.then(() => {
    ended = true;
  });
  while (Date.now() < deadline && !ended) {
    if (await accepts(port)) return !ended;
    await sleep(20);
  }
  return false;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

/** The wanted port when it is free on loopback, else one that is. */
async function pickPort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(null));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      const taken = typeof address === 'object' && address !== null ? address.port : null;
      probe.close(() => done(taken));
    });
  });
}

/** The errors of a mongod log (a JSON object a line) in words. */
function explainExit(logPath: string): string {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  const told = lines.flatMap((line) => {
    try {
      const entry = JSON.parse(line) as { s: string; msg: string; attr?: { error?: unknown } };
      if (entry.s !== 'E' && entry.s !== 'F') return [];
      const detail = entry.attr?.error;
      return [
        detail === undefined
          ? entry.msg
          : `${entry.msg}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`,
      ];
    } catch {
      return line.trim() === '' ? [] : [line.slice(0, 300)];
    }
  });
  return told.slice(0, 2).join('; ') || 'it ended without a reason';
}

/** Whether that pid is a mongod working on that folder: a pid alone may have been given to another process since. */
export function isMongodOn(pid: number, dbPath: string): boolean {
  const command = readCommandLine(pid);
  return command !== null && /mongod/.test(command) && command.includes(resolve(dbPath));
}

/** The command line of a running process, arguments separated by spaces; null when there is no such process. */
export function readCommandLine(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || null;
  } catch {
    if (process.platform === 'linux') return null;
  }
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** Stops a mongod that somebody else started; false when that pid is none on that folder. */
export async function stopOrphan(pid: number, dbPath: string): Promise<boolean> {
  if (!isMongodOn(pid, dbPath)) return false;
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + stopLimit;
  while (isMongodOn(pid, dbPath)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
  return true;
}
