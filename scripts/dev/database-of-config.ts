// The configured database for the length of a command: the one that is named, or the development one started for it.
import type { Config } from '../../server/src/config.ts';
import { readConfig } from './config.ts';
import { openDataDirectory } from './data-directory.ts';
import { startDevDatabase } from './database.ts';
import { waitForSignal } from './stop-signal.ts';

export async function withConfiguredDatabase(
  env: NodeJS.ProcessEnv,
  cwd: string,
  work: (config: Config) => Promise<void>,
): Promise<void> {
  const { loaded, embedded } = readConfig(env, cwd);
  if (!embedded) return work(loaded.config);
  const log = (line: string) => console.error(`authcenter: ${line}`);
  const directory = await openDataDirectory(env['AUTHCENTER_DATA_DIR'] || '.data', log);
  try {
    const database = await startDevDatabase({ env, dbPath: directory.dbPath, log, stop: waitForSignal() });
    if (database === undefined) return;
    try {
      await work({ ...loaded.config, mongodb: { ...loaded.config.mongodb, uri: database.uri } });
    } finally {
      await database.stop();
    }
  } finally {
    directory.release();
  }
}
