// The database of a development server: its own mongod, restarted when it dies, or a look at the one that was named.
import { MongoClient } from 'mongodb';
import { cacheDirectory, findMongod } from '../mongod/find.ts';
import { type RunningMongod, startMongod } from '../mongod/run.ts';
import type { StopSignal } from './stop-signal.ts';

export interface DevDatabase {
  uri: string;
  /** Called when mongod died and could not be brought back. */
  onLost(listener: (reason: string) => void): void;
  stop(): Promise<void>;
}

export interface DevDatabaseOptions {
  env: NodeJS.ProcessEnv;
  dbPath: string;
  log: (line: string) => void;
  stop: StopSignal;
}

const replSet = 'authcenter';
const restartLimit = 5;
const reachLimit = 5_000;

/** Undefined when the start was called off meanwhile. */
export async function startDevDatabase({
  env,
  dbPath,
  log,
  stop,
}: DevDatabaseOptions): Promise<DevDatabase | undefined> {
  const finding = findMongod({ env, cacheDir: cacheDirectory(env), log });
  // A download may take minutes; nobody who pressed Ctrl-C waits for it.
  const binary = await Promise.race([finding, stop.promise]);
  if (binary === undefined) {
    finding.catch(() => {});
    return undefined;
  }
  let node = await startMongod({ binary, dbPath, port: 0, replSet, log });
  let stopping = false;
  let restarts = 0;
  let lost = (_reason: string) => {};
  let restarting: Promise<void> | undefined;
  const uri = node.uri;

  const watch = (watched: RunningMongod): void => {
    void watched.exited.then(() => {
      if (!stopping) restarting = restart(watched.port);
    });
  };
  const restart = async (port: number): Promise<void> => {
    restarts += 1;
    log('mongod ended unexpectedly, starting it again …');
    try {
      if (restarts > restartLimit) throw new Error(`it ended ${restarts} times`);
      const next = await startMongod({ binary, dbPath, port, replSet, log });
      node = next;
      if (next.uri !== uri) throw new Error(`port ${port} was taken by another process`);
      watch(next);
    } catch (error) {
      lost(`mongod could not be brought back: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  watch(node);
  // Whatever way this process ends on its own, it leaves no mongod behind.
  const last = () => {
    try {
      process.kill(node.pid, 'SIGTERM');
    } catch {
      // It has ended before.
    }
  };
  process.once('exit', last);

  return {
    uri,
    onLost(listener) {
      lost = listener;
    },
    async stop() {
      stopping = true;
      await restarting;
      await node.stop();
      process.off('exit', last);
    },
  };
}

/** Fails within seconds when nothing answers there; the server itself waits as long as `mongodb.timeout`. */
export async function checkDatabase(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: reachLimit, connectTimeoutMS: reachLimit });
  try {
    await client.connect();
  } finally {
    await client.close();
  }
}
