// What the configuration tests share: a folder for files, and sources that suffice.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import '../../../server/src/issue-words.ts';
import { ConfigError, type LoadedConfig, type LoadOptions, loadConfig } from '../../../server/src/config.ts';

export const folder = mkdtempSync(join(inject('sharedFolder'), 'config-'));

export const keyEncryptionKey = randomBytes(32);
const needed = { MONGODB_URI: 'mongodb://localhost/', KEY_ENCRYPTION_KEY: keyEncryptionKey.toString('base64') };

export function load(env: NodeJS.ProcessEnv = {}, options: Partial<LoadOptions> = {}): LoadedConfig {
  return loadConfig({ env: { ...needed, ...env }, cwd: folder, ...options });
}

/** Writes a configuration file and gives the variable that names it. */
export function writeConfig(text: string, name = 'authcenter.yaml'): NodeJS.ProcessEnv {
  writeFileSync(join(folder, name), text);
  return { AUTHCENTER_CONFIG: name };
}

export function problemsOf(env: NodeJS.ProcessEnv, options: Partial<LoadOptions> = {}): ConfigError['problems'] {
  try {
    load(env, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
