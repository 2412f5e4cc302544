// system.config: what can be set while the servers run, and setting it; in force on every instance at once.
import {
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  type SettingValue,
  type UpdateSettingsInput,
} from '@authcenter/shared';
import { describeKey, overlayConfig, readKey } from '../../../config/runtime.ts';
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { StoredSettings } from './repository.ts';

type SettingsCtx = Ctx<'settings' | 'runtimeSettings' | 'live' | 'clock' | 'transact' | 'audit' | 'log'>;

/** Read from the database: who edits must not start from what is a moment old. */
export async function getSettings(ctx: Ctx<'settings' | 'runtimeSettings'>): Promise<Settings> {
  return toSettings(ctx, await ctx.settings.read());
}

/** @throws AppError VALIDATION_FAILED with each key that cannot be set so; VERSION_CONFLICT */
export async function updateSettings(ctx: SettingsCtx, { version, settings }: UpdateSettingsInput): Promise<Settings> {
  requireKnownRoles(ctx, settings['security.mfa_required_roles'] ?? []);
  const after = await ctx.transact(async (tx) => {
    const before = await ctx.settings.read(tx);
    if (before.version !== version) fail('VERSION_CONFLICT');
    const values = merge(before.values, settings);
    const { configured } = ctx.runtimeSettings;
    const old = overlayConfig(configured, before.values).config;
    const { config, refusals } = overlayConfig(configured, values);
    // What was set before and cannot be any more is left out; what is set now must be right.
    const errors = refusals.filter(({ key }) => settings[key as SettingKey] != null);
    if (errors.length > 0)
      fail('VALIDATION_FAILED', { errors: errors.map(({ key, message }) => ({ path: `settings.${key}`, message })) });
    const at = ctx.clock.now();
    if (!(await ctx.settings.replace(version, values, { userId: ctx.caller.id, at }, tx))) fail('VERSION_CONFLICT');
    const changes = listNamed(settings).map((key) => ({ key, from: readKey(old, key), to: readKey(config, key) }));
    await recordAct(ctx, tx, {
      act: 'system.settings_updated',
      target: { kind: 'settings', id: null },
      details: { changes },
    });
    return { version: version + 1, updatedAt: at, values };
  });
  await ctx.runtimeSettings.reload();
  return toSettings(ctx, after);
}

const listNamed = (settings: UpdateSettingsInput['settings']): SettingKey[] =>
  SETTING_KEYS.filter((key) => settings[key] !== undefined);

function merge(before: StoredSettings['values'], settings: UpdateSettingsInput['settings']): StoredSettings['values'] {
  const values = { ...before };
  for (const key of listNamed(settings)) {
    if (settings[key] === null) delete values[key];
    else values[key] = settings[key];
  }
  return values;
}

function requireKnownRoles({ live }: SettingsCtx, names: readonly string[]): void {
  const unknown = names.filter((name) => !live.roles().byName.has(name));
  if (unknown.length > 0)
    fail('VALIDATION_FAILED', {
      errors: [{ path: 'settings.security.mfa_required_roles', message: `no such role: ${unknown.join(', ')}` }],
    });
}

function toSettings({ runtimeSettings }: Ctx<'runtimeSettings'>, stored: StoredSettings): Settings {
  const { configured } = runtimeSettings;
  const { config, refusals } = overlayConfig(configured, stored.values);
  const isSet = (key: string) => key in stored.values && !refusals.some((refusal) => refusal.key === key);
  return {
    version: stored.version,
    updated_at: stored.updatedAt,
    settings: SETTING_KEYS.map((key) => {
      const { options, ...described } = describeKey(key);
      return {
        key,
        value: readKey(config, key) as SettingValue | null,
        source: isSet(key) ? 'runtime' : 'configuration',
        configured: readKey(configured, key) as SettingValue | null,
        ...described,
        ...(options ? { options: [...options] } : {}),
      };
    }),
  };
}
