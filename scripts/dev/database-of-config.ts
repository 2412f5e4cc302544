// The configured database for the length of a command: the one that is named, or the development one: that of the server that runs, or
// started for the command.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, LoadedConfig } from '../../server/src/config.ts';
import { loadConfig } from '../../server/src/config.ts';
import { loadDevConfig, readConfig } from './config.ts';
import { findRunningDatabase, openDataDirectory } from './data-directory.ts';
import { startDevDatabase } from './database.ts';
import { waitForSignal } from './stop-signal.ts';

export async function withConfiguredDatabase(
  env: NodeJS.ProcessEnv,
  cwd: string,
  work: (config: Config) => Promise<void>,
): Promise<void> {
  const { loaded, embedded } = readConfig(env, cwd);
  if (!embedded) return work(loaded.config);
  await withDevDatabase(env, (uri) => work({ ...loaded.config, mongodb: { ...loaded.config.mongodb, uri } }));
}

/** The same for a command that needs the secrets, too: with the key-encryption key that a start would use. */
export async function withConfiguredSecrets(
  env: NodeJS.ProcessEnv,
  cwd: string,
  work: (loaded: LoadedConfig) => Promise<void>,
): Promise<void> {
  const { embedded } = readConfig(env, cwd);
  if (!embedded) return work(loadWithKey(env, cwd));
  await withDevDatabase(env, (uri, readKey) =>
    work(loadDevConfig({ ...env, MONGODB_URI: uri }, cwd, readKey(env['KEY_ENCRYPTION_KEY'] || undefined))),
  );
}

/** A start without a key of its own has made one in the data directory; here none is made. */
function loadWithKey(env: NodeJS.ProcessEnv, cwd: string): LoadedConfig {
  if (env['KEY_ENCRYPTION_KEY']) return loadConfig({ env, cwd });
  let key: string;
  try {
    key = readFileSync(join(dataDirectoryOf(env), 'key-encryption-key'), 'utf8').trim();
  } catch {
    return loadConfig({ env, cwd });
  }
  return loadDevConfig(env, cwd, key);
}

const dataDirectoryOf = (env: NodeJS.ProcessEnv): string => env['AUTHCENTER_DATA_DIR'] || '.data';

async function withDevDatabase(
  env: NodeJS.ProcessEnv,
  work: (uri: string, readKey: (given: string | undefined) => string) => Promise<void>,
): Promise<void> {
  const log = (line: string) => console.error(`authcenter: ${line}`);
  const path = dataDirectoryOf(env);
  const running = findRunningDatabase(path);
  if (running) {
    log(`on the database of the server that runs on ${path} (process ${running.pid})`);
    return work(running.uri, running.readKey);
  }
  const directory = await openDataDirectory(path, log);
  try {
    const database = await startDevDatabase({ env, dbPath: directory.dbPath, log, stop: waitForSignal() });
    if (database === undefined) return;
    try {
      await work(database.uri, (given) => given ?? directory.readKey());
    } finally {
      await database.stop();
    }
  } finally {
    directory.release();
  }
}
