// Contract of the settings that can be changed while the server runs; all others stand in its configuration file.
import { z } from 'zod';

const integer = z.int();
const flag = z.boolean();
const duration = z.string().max(20).meta({ example: '30m' });
const rate = z.string().max(20).meta({ example: '600/m' });
const names = z.array(z.string().max(100)).max(50);

/** By their names in the configuration, whose bounds hold here, too; the answer of `system.config.get` tells them. */
const SETTINGS = {
  'security.max_login_attempts': integer,
  'security.lockout_duration': duration,
  'security.password_min_length': integer,
  'security.password_profile': z.string().max(20),
  'security.password_max_age': duration,
  'security.password_history': integer,
  'security.mfa_required_roles': names,
  'auth.magic_link': flag,
  'registration.email_verification': z.string().max(20),
  'rate_limit.read_write': rate,
  'rate_limit.verify': rate,
  'rate_limit.login': rate,
  'rate_limit.register': rate,
  'rate_limit.refresh': rate,
  'sms.allowed_countries': names,
  'sms.daily_cap': integer,
} as const;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

const SettingValue = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())]);
export type SettingValue = z.output<typeof SettingValue>;

const Setting = z.object({
  key: z.enum(SETTING_KEYS),
  value: SettingValue.nullable().describe('In force now; null: none is set'),
  source: z.enum(['configuration', 'runtime']),
  configured: SettingValue.nullable().describe('What the configuration has, and null in an update goes back to'),
  allowed: z.string().describe('What may be given'),
  min: z.union([z.number(), z.string()]).optional(),
  max: z.union([z.number(), z.string()]).optional(),
  options: z.array(z.string()).optional(),
});

export const Settings = z
  .object({
    version: z.int().describe('0: nothing has been changed yet'),
    updated_at: z.date().nullable(),
    settings: z.array(Setting),
  })
  .meta({ id: 'Settings' });
export type Settings = z.output<typeof Settings>;

type Changes = { [K in SettingKey]: z.ZodOptional<z.ZodNullable<(typeof SETTINGS)[K]>> };
const changes = Object.fromEntries(
  Object.entries(SETTINGS).map(([key, value]) => [key, value.nullable().optional()]),
) as unknown as Changes;

export const UpdateSettingsInput = z.strictObject({
  version: z.int().min(0).describe('The one that was read; VERSION_CONFLICT when it has changed since'),
  settings: z.strictObject(changes).describe('null: as the configuration has it'),
});
export type UpdateSettingsInput = z.output<typeof UpdateSettingsInput>;
