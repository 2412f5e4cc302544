// The fake's run-time settings: what its configuration has, and what was set over it since.
import {
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  type SettingValue,
  type UpdateSettingsInput,
} from '@authcenter/shared/schemas';
import type { FakeAuthCenterOptions } from '../options.ts';
import { refuse } from '../refusal.ts';
import { DEFAULT_SETTINGS, SETTING_FIELDS, type SettingValues } from './setting-table.ts';

type Changes = UpdateSettingsInput['settings'];

export interface RunTimeSettings {
  /** What is in force now. */
  get<Key extends SettingKey>(key: Key): SettingValues[Key];
  /** As `system.config.get` tells them. */
  show(): Settings;
  /**
   * Sets some; null goes back to the configuration.
   *
   * @throws Refusal VERSION_CONFLICT; VALIDATION_FAILED with each key that cannot be set so
   */
  update(version: number, changes: Changes): void;
}

/** @throws Error for what the configuration cannot have */
export function createSettings(options: FakeAuthCenterOptions, now: () => Date): RunTimeSettings {
  const { emailVerification, settings = {} } = options;
  const own = emailVerification === undefined ? {} : { 'registration.email_verification': emailVerification };
  const [configured, [wrong]] = overlay(DEFAULT_SETTINGS, merge(new Map(), { ...own, ...settings }));
  if (wrong) throw new Error(`The setting ${wrong.key}: ${wrong.message}`);

  let given: Given = new Map();
  let values = configured;
  let [version, updatedAt]: [number, Date | null] = [0, null];

  const describe = <Key extends SettingKey>(key: Key): Settings['settings'][number] => {
    const { mend, bounds, print } = SETTING_FIELDS[key];
    return {
      key,
      value: print(values[key]),
      source: given.has(key) ? 'runtime' : 'configuration',
      configured: print(configured[key]),
      allowed: mend.replace(/^(Give|List) /, ''),
      ...bounds,
    };
  };

  return {
    get: (key) => values[key],
    show: () => ({ version, updated_at: updatedAt, settings: SETTING_KEYS.map(describe) }),
    update(from, changes) {
      if (from !== version) refuse('VERSION_CONFLICT');
      const next = merge(given, changes);
      const [overlaid, problems] = overlay(configured, next);
      if (problems.length > 0)
        refuse('VALIDATION_FAILED', {
          errors: problems.map(({ key, message }) => ({ path: `settings.${key}`, message })),
        });
      [given, values, version, updatedAt] = [next, overlaid, version + 1, now()];
    },
  };
}

/** What was given, as it was written. */
type Given = ReadonlyMap<SettingKey, SettingValue>;

function merge(before: Given, changes: Changes): Given {
  const after = new Map(before);
  for (const key of SETTING_KEYS) {
    const change = changes[key];
    if (change === null) after.delete(key);
    else if (change !== undefined) after.set(key, change);
  }
  return after;
}

interface Problem {
  readonly key: SettingKey;
  readonly message: string;
}

function overlay(base: SettingValues, given: Given): [SettingValues, Problem[]] {
  const problems: Problem[] = [];
  let values = base;
  for (const [key, raw] of given) {
    const { read, mend } = SETTING_FIELDS[key];
    const value = read(raw);
    if (value === undefined) problems.push({ key, message: `${JSON.stringify(raw)} cannot be used: ${mend}` });
    else values = { ...values, [key]: value };
  }
  return [values, problems];
}
