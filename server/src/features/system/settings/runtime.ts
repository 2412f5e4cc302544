// The configuration in force: the one that the server was started with, and over it what was set since, on whatever instance.

import { overlayConfig } from '../../../config/runtime.ts';
import type { Config } from '../../../config.ts';
import { keep } from '../../../platform/kept.ts';
import type { Log } from '../../../platform/logger.ts';
import { NO_SETTINGS, type StoredSettings } from './repository.ts';

export interface RuntimeSettings {
  /** Replaced as a whole: who has read it works with one that is of one piece. */
  config(): Config;
  /** What the server was started with. */
  readonly configured: Config;
  stored(): StoredSettings;
  reload(): Promise<void>;
}

export interface RuntimeOptions {
  readonly configured: Config;
  readonly load: () => Promise<StoredSettings>;
  readonly log: Log;
  /** Told of each configuration that comes into force. */
  readonly onChange: (config: Config) => void;
}

export function createRuntimeSettings({ configured, load, log, onChange }: RuntimeOptions): RuntimeSettings {
  const kept = keep({ stored: NO_SETTINGS, config: configured }, async () => {
    const stored = await load();
    const { config, refusals } = overlayConfig(configured, stored.values);
    // Another version, or another file, may have other bounds: one value less is no reason not to start.
    for (const { key, message } of refusals) log.warn({ key, message }, 'a run-time setting is left out');
    onChange(config);
    return { stored, config };
  });
  return {
    configured,
    config: () => kept.value().config,
    stored: () => kept.value().stored,
    reload: kept.reload,
  };
}
