// `npm start`: a server with everything it needs, on a machine where nothing is configured.
import type { LoadedConfig } from '../server/src/config.ts';
import { maskUri } from '../server/src/database/client.ts';
import type { RunningServer } from '../server/src/main.ts';
import { explainStartError } from '../server/src/start-error.ts';
import { printBanner } from './dev/banner.ts';
import { loadDevConfig, readConfig } from './dev/config.ts';
import { type DataDirectory, openDataDirectory } from './dev/data-directory.ts';
import { checkDatabase, type DevDatabase, startDevDatabase } from './dev/database.ts';
import { type DemoProvider, startDemoProvider, wantsDemoProvider } from './dev/demo-provider.ts';
import { waitForSignal } from './dev/stop-signal.ts';

/** Runs until it is told to stop; the exit code is the result. */
export async function runDev(env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const stop = waitForSignal();
  const log = (line: string) => console.log(`authcenter: ${line}`);
  let directory: DataDirectory | undefined;
  let database: DevDatabase | undefined;
  let server: RunningServer | undefined;
  let demo: DemoProvider | undefined;
  let databaseUri: string | undefined;
  let code = 0;
  try {
    const checked = readConfig(env, cwd);
    directory = await openDataDirectory(env['AUTHCENTER_DATA_DIR'] || '.data', log);
    if (checked.embedded && !stop.requested) {
      database = await startDevDatabase({ env, dbPath: directory.dbPath, log, stop });
    }
    databaseUri = database?.uri ?? checked.loaded.config.mongodb.uri;
    if (!stop.requested) {
      if (database === undefined) await checkDatabase(databaseUri);
      if (wantsDemoProvider(checked.loaded.config)) demo = await startDemoProvider();
      const loaded = finishConfig({ ...env, ...demo?.env }, cwd, directory, database?.uri);
      // Only now: a bad key in the configuration is told before the whole server is read.
      const { startServer } = await import('../server/src/main.ts');
      server = await startServer(loaded);
      printBanner({ server, config: loaded.config, database, dataDirectory: directory.path, env });
      database?.onLost((reason) => {
        console.error(`authcenter: ${reason}`);
        code = 1;
        stop.request();
      });
      await stop.promise;
    }
  } catch (error) {
    if (!stop.requested) {
      console.error(`\n${explainStartError(error, { env, database: databaseUri && maskUri(databaseUri) })}`);
      code = 1;
    }
  }
  try {
    if (server !== undefined) log('stopping …');
    await server?.close();
  } catch (error) {
    console.error(`authcenter: the server did not close cleanly: ${error instanceof Error ? error.message : error}`);
    code = 1;
  }
  await demo?.close();
  // The database goes last: what the server does while it closes still has to be written.
  await database?.stop();
  directory?.release();
  if (server !== undefined) log('stopped.');
  return code;
}

function finishConfig(
  env: NodeJS.ProcessEnv,
  cwd: string,
  directory: DataDirectory,
  uri: string | undefined,
): LoadedConfig {
  // With a key of its own the directory need not hold one.
  const key = env['KEY_ENCRYPTION_KEY'] || directory.readKey();
  if (uri !== undefined) directory.noteDatabase(uri, key);
  return loadDevConfig(uri === undefined ? env : { ...env, MONGODB_URI: uri }, cwd, key);
}
