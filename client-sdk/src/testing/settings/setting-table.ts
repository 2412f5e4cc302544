// Every run-time setting: its kind of value, and what a server has where nobody set it.
import type { SettingKey } from '@authcenter/shared/schemas';
import { choice, duration, flag, integer, list, maybe, rate, type SettingField } from './setting-fields.ts';

/** As they are acted upon; durations in milliseconds. */
export interface SettingValues {
  readonly 'security.max_login_attempts': number;
  readonly 'security.lockout_duration': number;
  readonly 'security.password_min_length': number;
  readonly 'security.password_profile': 'standard' | 'mlps';
  readonly 'security.password_max_age': number;
  readonly 'security.password_history': number;
  readonly 'security.mfa_required_roles': readonly string[];
  readonly 'auth.magic_link': boolean;
  readonly 'registration.email_verification': 'required' | 'optional' | 'off';
  // The fake counts neither calls nor messages: rates and the cap are kept, and have no effect.
  readonly 'rate_limit.read_write': string;
  readonly 'rate_limit.verify': string;
  readonly 'rate_limit.login': string;
  readonly 'rate_limit.register': string;
  readonly 'rate_limit.refresh': string;
  readonly 'sms.allowed_countries': readonly string[];
  readonly 'sms.daily_cap': number | null;
}

export const SETTING_FIELDS: { readonly [Key in SettingKey]: SettingField<SettingValues[Key]> } = {
  'security.max_login_attempts': integer(1, 50),
  'security.lockout_duration': duration('1s', '30d'),
  'security.password_min_length': integer(8, 128),
  'security.password_profile': choice('standard', 'mlps'),
  'security.password_max_age': duration('1d', '3650d'),
  'security.password_history': integer(0, 24),
  'security.mfa_required_roles': list(/./s, 'List roles by name, such as Admin'),
  'auth.magic_link': flag,
  'registration.email_verification': choice('required', 'optional', 'off'),
  'rate_limit.read_write': rate,
  'rate_limit.verify': rate,
  'rate_limit.login': rate,
  'rate_limit.register': rate,
  'rate_limit.refresh': rate,
  'sms.allowed_countries': list(/^[A-Z]{2}$/, 'List countries by their two letters, such as CN, SG'),
  'sms.daily_cap': maybe(integer(0, 1_000_000_000)),
};

/** What a server has that nobody configured, in development mode: a test server differs in none of these. */
export const DEFAULT_SETTINGS: SettingValues = {
  'security.max_login_attempts': 5,
  'security.lockout_duration': 30 * 60_000,
  'security.password_min_length': 8,
  'security.password_profile': 'standard',
  'security.password_max_age': 90 * 86_400_000,
  'security.password_history': 5,
  'security.mfa_required_roles': [],
  'auth.magic_link': false,
  'registration.email_verification': 'optional',
  'rate_limit.read_write': '600/m',
  'rate_limit.verify': '60000/m',
  'rate_limit.login': '20/m',
  'rate_limit.register': '10/h',
  'rate_limit.refresh': '60/m',
  'sms.allowed_countries': ['CN'],
  'sms.daily_cap': null,
};
