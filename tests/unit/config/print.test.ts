// What a reader is told: notices at start, the printed configuration with its secrets masked.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { printConfig } from '../../../server/src/config.ts';
import { load, writeConfig } from './load-test-config.ts';

describe('a file of the old contract', () => {
  it('starts, and the start says what its secret is good for', () => {
    const file = writeConfig(`
server: { port: 8080, host: 0.0.0.0 }
mongodb: { uri: "\${MONGODB_URI}", database: auth_center, max_pool_size: 100, min_pool_size: 10, timeout: 30s }
jwt: { secret: "\${JWT_SECRET:-change-me}", access_token_expire: 15m, refresh_token_expire: 168h }
security: { max_login_attempts: 5, lockout_duration: 30m, password_min_length: 8, session_cleanup_interval: 1h, require_https: true }
performance: { enable_text_search: true, cache_user_permissions: true, max_query_time: 30s }
`);
    const { config, notices } = load(file);
    expect(config.jwt.secret).toBe('change-me');
    expect(notices).toEqual([expect.stringMatching(/^jwt\.secret .*never signs or checks.*"legacy"/)]);
    expect(printConfig(config)).not.toContain('change-me');
  });
});

describe('keys without effect yet', () => {
  it.each([
    ['AUTHCENTER__AI__MODEL', 'gpt', 'ai'],
    ['AUTHCENTER__LIBRECHAT__ENABLED', 'false', 'librechat'],
    ['AUTHCENTER__RATE_LIMIT__AI', '31/m', 'rate_limit.ai'],
  ])('are named at start: %s=%s', (name, value, key) => {
    expect(load({ [name]: value }).notices).toEqual([`${key} is without effect yet`]);
  });

  it('are marked in default.yaml, and no others', () => {
    const text = readFileSync(new URL('../../../server/config/default.yaml', import.meta.url), 'utf8');
    const marked = text.split('\n').flatMap((line, index, lines) => {
      const [, indent, key] = /^( *)(\w+):.*no effect yet/.exec(line) ?? [];
      if (key === undefined) return [];
      const section = lines.slice(0, index).findLast((above) => /^\w/.test(above));
      return [indent === '' ? key : `${section?.split(':')[0]}.${key}`];
    });
    const { notices } = load({
      AUTHCENTER__MONGODB__READ_SECONDARY: 'true',
      AUTHCENTER__PERFORMANCE__ENABLE_TEXT_SEARCH: 'false',
      AUTHCENTER__AI__MODEL: 'gpt',
      AUTHCENTER__RATE_LIMIT__AI: '31/m',
      AUTHCENTER__LIBRECHAT__ENABLED: 'false',
    });
    expect(marked.map((key) => `${key} is without effect yet`)).toEqual(notices);
  });

  it('are passed over when they say what holds anyway', () => {
    const env = { AUTHCENTER__LIBRECHAT__ENABLED: 'true', AUTHCENTER__MONGODB__READ_SECONDARY: 'false' };
    expect(load(env).notices).toEqual([]);
  });
});

describe('what a production server can do without', () => {
  const production = (more: object) =>
    load(
      {
        AUTHCENTER__SECURITY__ALLOW_INSECURE: '[http, database_without_auth]',
        AUTHCENTER__SMS__SENDERS:
          '[{ kind: twilio, account_sid: ACf0000000000000000000000000000000, auth_token: x, from: "+15005550006" }]',
        AUTHCENTER__REGISTRATION__EMAIL_VERIFICATION: 'optional',
        ...more,
      },
      { overrides: { server: { mode: 'production' } } },
    ).notices;

  it('is said once text messages cost something: a cap, a captcha', () => {
    expect(production({})).toEqual([
      expect.stringMatching(/^sms\.daily_cap is not set/),
      expect.stringMatching(/^auth\.captcha is not set/),
    ]);
    const set = {
      AUTHCENTER__SMS__DAILY_CAP: '1000',
      AUTHCENTER__AUTH__CAPTCHA__VERIFY_URL: 'https://captcha.example.com/verify',
      AUTHCENTER__AUTH__CAPTCHA__SECRET: 'x',
    };
    expect(production(set)).toEqual([]);
    expect(production({ AUTHCENTER__SMS__SENDERS: '[]' })).toEqual([]);
  });
});

describe('printing', () => {
  it('masks every secret and reads back as the same configuration', () => {
    const file = writeConfig(`
mongodb: { uri: "mongodb://app:hush1@a,b/?authSource=admin&tlsCertificateKeyFilePassword=hush2" }
jwt: { secret: hush3 }
metrics: { token: hush4 }
audit: { key: hush5, previous_keys: [hush11, hush12] }
mail: { smtp_url: "smtps://u%40x:hush6@mail.example.com" }
ai: { api_key: hush7 }
oauth: { providers: { g: { kind: google, client_id: visible, client_secret: hush8 } } }
sms: { senders: [{ kind: aliyun, access_key_id: a, access_key_secret: hush9, sign_name: visible, templates: { code: '1' } }] }
auth: { captcha: { verify_url: 'https://captcha.example.com/verify', secret: hush10 } }
security: { lockout_duration: 90m }
performance: { hash_max_wait: 1500ms }
`);
    const { config } = load({ ...file, MONGODB_URI: '' });
    const printed = printConfig(config);
    expect(printed).not.toContain('hush');
    expect(printed).toContain('mongodb://***@a,b/?authSource=admin&tlsCertificateKeyFilePassword=***');
    expect(printed).toContain('smtps://***@mail.example.com');
    expect(printed.match(/visible/g)).toHaveLength(2);
    expect(parse(printed)).toMatchObject({
      jwt: { access_token_expire: '15m', refresh_token_expire: '7d' },
      security: { lockout_duration: '90m' },
      performance: { hash_max_wait: '1500ms' },
      rate_limit: { read_write: '600/m', register: '10/h' },
    });
    const again = load({ ...writeConfig(printed, 'printed.yaml'), MONGODB_URI: '' }).config;
    expect(again.rate_limit).toEqual(config.rate_limit);
    expect(again.security).toEqual(config.security);
    expect(printConfig(again)).toBe(printed);
  });
});
