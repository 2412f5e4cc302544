// What a start says about keys that are known and do nothing yet.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './schema.ts';

/** A row goes when its feature comes. */
const withoutEffectYet: Readonly<Record<string, (config: Config) => unknown>> = {
  'mongodb.read_secondary': (config) => config.mongodb.read_secondary,
  'performance.enable_text_search': (config) => config.performance.enable_text_search,
  ai: (config) => config.ai,
  'rate_limit.ai': (config) => config.rate_limit.ai,
  librechat: (config) => config.librechat,
};

export function listNotices(config: Config, defaults: Config): string[] {
  const notices = Object.entries(withoutEffectYet)
    .filter(([, read]) => !isDeepStrictEqual(read(config), read(defaults)))
    .map(([key]) => `${key} is without effect yet`);
  if (config.jwt.secret !== undefined) {
    notices.push(
      'jwt.secret never signs or checks tokens of AuthCenter: it is the exchange secret of the built-in client "legacy"',
    );
  }
  return [...notices, ...listSmsNotices(config)];
}

/** What a production server can do without, and its owner would rather not. */
function listSmsNotices({ server, sms, auth }: Config): string[] {
  if (server.mode !== 'production' || sms.senders.length === 0) return [];
  return [
    ...(sms.daily_cap === undefined
      ? ['sms.daily_cap is not set: nothing limits what text messages may cost in a day']
      : []),
    ...(auth.captcha === undefined
      ? ['auth.captcha is not set: whoever asks for many codes to a number keeps its owner from getting one for a day']
      : []),
  ];
}
