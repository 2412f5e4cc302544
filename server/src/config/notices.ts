// What a start says about keys that are known and do nothing yet.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './schema.ts';

/** A row goes when its feature comes. */
const withoutEffectYet: Readonly<Record<string, (config: Config) => unknown>> = {
  'mongodb.read_secondary': (config) => config.mongodb.read_secondary,
  'jwt.rotation_interval': (config) => config.jwt.rotation_interval,
  'security.password_profile': (config) => config.security.password_profile,
  'performance.enable_text_search': (config) => config.performance.enable_text_search,
  'auth.magic_link': (config) => config.auth.magic_link,
  oauth: (config) => config.oauth,
  ai: (config) => config.ai,
  'rate_limit.ai': (config) => config.rate_limit.ai,
  sms: (config) => config.sms,
  audit: (config) => config.audit,
  librechat: (config) => config.librechat,
};

export function listNotices(config: Config, defaults: Config): string[] {
  const notices = Object.entries(withoutEffectYet)
    .filter(([, read]) => !isDeepStrictEqual(read(config), read(defaults)))
    .map(([key]) => `${key} is without effect yet`);
  if (config.jwt.secret !== undefined) {
    notices.push(
      'jwt.secret is without effect yet: it never signs or checks tokens of AuthCenter; it is kept for the exchange secret of the built-in client "legacy"',
    );
  }
  return notices;
}
