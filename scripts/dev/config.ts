// The configuration as a development start reads it: what the start brings by itself need not be configured.
import { ConfigError, type LoadedConfig, loadConfig } from '../../server/src/config.ts';
import '../../server/src/issue-words.ts';

/** Stands for the values that come into being only after the rest of the configuration was found good. */
const placeholder = { uri: 'mongodb://127.0.0.1/', key: Buffer.alloc(32).toString('base64') };

export interface CheckedConfig {
  loaded: LoadedConfig;
  /** Whether no database is configured, so that one has to be started. */
  embedded: boolean;
}

/** Finds every mistake in the configuration before anything is started or written. */
export function readConfig(env: NodeJS.ProcessEnv, cwd: string): CheckedConfig {
  try {
    return { loaded: loadDevConfig(env, cwd, placeholder.key), embedded: false };
  } catch (error) {
    if (!(error instanceof ConfigError) || !error.problems.some(isDatabaseUnset)) throw error;
    return { loaded: loadDevConfig({ ...env, MONGODB_URI: placeholder.uri }, cwd, placeholder.key), embedded: true };
  }
}

const isDatabaseUnset = (problem: ConfigError['problems'][number]): boolean =>
  problem.key === 'mongodb.uri' && problem.message.includes('MONGODB_URI is not set');

/** @param key the key-encryption key to use where the environment gives none */
export function loadDevConfig(env: NodeJS.ProcessEnv, cwd: string, key: string): LoadedConfig {
  if (env['KEY_ENCRYPTION_KEY']) return loadConfig({ env, cwd });
  return loadConfig({ env: { ...env, KEY_ENCRYPTION_KEY: key }, cwd, madeUpSecrets: ['KEY_ENCRYPTION_KEY'] });
}
