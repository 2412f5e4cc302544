// Every key of the configuration, with its kind of value. The defaults stand in server/config/default.yaml.
import { z } from 'zod';
import {
  addressItem,
  automaticOr,
  choice,
  connectionUrl,
  duration,
  flag,
  integer,
  list,
  matching,
  origin,
  rate,
  readOrigin,
  secret,
  secrets,
  structure,
  text,
  textItem,
  timeZone,
} from './fields.ts';
import { kmsSection } from './kms.ts';
import { oauthSection } from './oauth.ts';
import { smsSection } from './sms.ts';

const insecureItem = (item: unknown) => (item === 'http' || item === 'database_without_auth' ? item : undefined);
const originItem = (item: unknown) => (item === '*' ? item : readOrigin(item));

export const configSchema = z.strictObject({
  server: z.strictObject({
    port: integer(0, 65_535),
    host: text('Give an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
    mode: choice('development', 'production'),
    public_url: origin('Give scheme, host and port, such as https://auth.example.com, and no path').optional(),
    trust_proxy: list(addressItem, 'List addresses or networks, such as 10.0.0.0/8, or loopback'),
    cors_origins: list(originItem, 'List origins (scheme, host, port), such as https://app.example.com'),
    tls: z
      .strictObject({ cert: text('Give the path of a PEM file'), key: text('Give the path of a PEM file') })
      .optional(),
  }),
  mongodb: z.strictObject({
    uri: connectionUrl(/^mongodb(\+srv)?:\/\/./, 'Set MONGODB_URI to mongodb://… or mongodb+srv://…'),
    database: matching(/^[^\s/\\."$*<>:|?]{1,63}$/, 'Give a database name without spaces, dots or slashes'),
    max_pool_size: integer(1, 10_000),
    min_pool_size: integer(0, 10_000),
    timeout: duration('100ms', '10m'),
    read_secondary: flag(),
  }),
  jwt: z.strictObject({
    algorithm: choice('ES256', 'RS256', 'EdDSA'),
    access_token_expire: duration('1s', '24h'),
    refresh_token_expire: duration('1s'),
    session_max_age: duration('1s').optional(),
    issuer: text('Give the name that tokens bear as iss').optional(),
    audience: list(textItem, 'List the names that tokens bear as aud, at least one', 1),
    rotation_interval: duration('1h'),
    private_key_path: text('Give the path of a PEM file').optional(),
    kms: kmsSection.optional(),
    secret: secret().optional(),
  }),
  security: z.strictObject({
    max_login_attempts: integer(1, 50),
    lockout_duration: duration('1s', '30d'),
    password_min_length: integer(8, 128),
    bcrypt_cost: integer(4, 20),
    password_profile: choice('standard', 'mlps'),
    password_max_age: duration('1d', '3650d'),
    password_history: integer(0, 24),
    breached_passwords: z.strictObject({
      enabled: flag(),
      url: matching(/^https?:\/\/./, 'Give a URL that the first five digits of a SHA-1 can be put behind'),
    }),
    mfa_required_roles: list(textItem, 'List roles by name, such as Admin'),
    session_cleanup_interval: duration('1s', '30d'),
    require_https: flag(),
    allow_insecure: list(insecureItem, 'List what is meant, by name: http, database_without_auth'),
  }),
  performance: z.strictObject({
    enable_text_search: flag(),
    cache_user_permissions: flag(),
    max_query_time: duration('1ms', '10m'),
    hash_workers: automaticOr(1, 1024),
    hash_max_wait: duration('1ms', '10m'),
  }),
  auth: z.strictObject({
    default_region: matching(/^[A-Z]{2}$/, 'Give a country by its two letters, such as CN'),
    magic_link: flag(),
    magic_link_url: matching(
      /^https?:\/\/./,
      'Give the URL of a page that signs in with the token in its query',
    ).optional(),
    captcha: z
      .strictObject({
        verify_url: matching(
          /^https?:\/\/./,
          'Give the URL of the siteverify call of reCAPTCHA, hCaptcha or Turnstile',
        ),
        secret: secret(),
      })
      .optional(),
    passkeys: z.strictObject({
      rp_id: matching(/^[a-z0-9.-]{1,253}$/, 'Give a domain, such as example.com, and no IP address').optional(),
      rp_name: text(),
      origins: list(readOrigin, 'List the origins of pages that use passkeys, such as https://app.example.com'),
    }),
  }),
  registration: z.strictObject({
    email_verification: choice('required', 'optional', 'off').optional(),
  }),
  rbac: z.strictObject({
    grant_reminder: duration('0s', '90d'),
    four_eyes: list(textItem, 'List roles by name, such as Admin'),
  }),
  oauth: oauthSection,
  ai: z.strictObject({
    provider: choice('extractive', 'openai-compatible'),
    base_url: matching(/^https?:\/\/./, 'Give a URL').optional(),
    api_key: secret().optional(),
    model: text().optional(),
    prices: structure(z.record(z.string(), z.record(z.string(), z.number().nonnegative()))),
    balance: z.strictObject({ enabled: flag() }),
  }),
  rate_limit: z.strictObject({
    enabled: flag(),
    read_write: rate(),
    verify: rate(),
    login: rate(),
    register: rate(),
    refresh: rate(),
    ai: rate(),
  }),
  mail: z.strictObject({
    smtp_url: connectionUrl(/^smtps?:\/\/./, 'Give smtp://… or smtps://…').optional(),
    from: matching(/^[^\r\n]*@[^\r\n]+$/, 'Give an address, such as AuthCenter <no-reply@example.com>'),
    time_zone: timeZone(),
  }),
  sms: smsSection,
  webhooks: z.strictObject({
    timeout: duration('100ms', '1m'),
    allow_private: list(textItem, 'List hosts as they stand in the URLs, such as hr.internal'),
  }),
  metrics: z.strictObject({ port: integer(0, 65_535).optional(), token: secret().optional() }),
  audit: z.strictObject({
    key: secret().optional(),
    previous_keys: secrets('List former keys, 32 bytes in base64 each').optional(),
    retention: duration('1d', '36500d').optional(),
  }),
  log: z.strictObject({ level: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent') }),
  librechat: z.strictObject({
    enabled: flag(),
    database: matching(/^[^\s/\\."$*<>:|?]{1,63}$/, 'Give a database name without spaces, dots or slashes'),
    client_id: text().optional(),
    local_login: flag(),
  }),
});

type ParsedConfig = z.output<typeof configSchema>;

/** The whole configuration, snake_case as written; durations are milliseconds, rates `{ points, seconds }`. */
export type Config = ParsedConfig & {
  jwt: { session_max_age: number };
  registration: { email_verification: 'required' | 'optional' | 'off' };
};

type DeepPartial<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/** Keys as they are written in files, any of them. */
export type RawConfig = DeepPartial<z.input<typeof configSchema>>;

/** Fills in what follows from other keys. */
export function resolveConfig(parsed: ParsedConfig): Config {
  const { server, jwt, registration } = parsed;
  const resolved = {
    ...parsed,
    jwt: { ...jwt, session_max_age: jwt.session_max_age ?? jwt.refresh_token_expire },
    registration: {
      email_verification: registration.email_verification ?? (server.mode === 'production' ? 'required' : 'optional'),
    } as const,
  };
  const publicUrl = server.public_url ?? (server.port === 0 ? undefined : defaultPublicUrl(server, server.port));
  return publicUrl === undefined ? resolved : withPublicUrl(resolved, publicUrl);
}

/** The address under which this server is reached, when nobody gave one. */
export function defaultPublicUrl(server: { host: string; tls?: unknown }, port: number): string {
  const everywhere = server.host === '0.0.0.0' || server.host === '::';
  const host = everywhere ? 'localhost' : server.host.includes(':') ? `[${server.host}]` : server.host;
  return `${server.tls === undefined ? 'http' : 'https'}://${host}:${port}`;
}

/** Sets the public URL and, where none was given, the issuer; with port 0 both are known only once the server listens. */
export function withPublicUrl(config: Config, publicUrl: string): Config {
  return {
    ...config,
    server: { ...config.server, public_url: publicUrl },
    jwt: { ...config.jwt, issuer: config.jwt.issuer ?? publicUrl },
  };
}
