// Where the configuration comes from: defaults, files, variables; which source wins.
import { describe, expect, it } from 'vitest';
import { defaultPublicUrl, withPublicUrl } from '../../../server/src/config.ts';
import { keyEncryptionKey, load, problemsOf, writeConfig } from './load-test-config.ts';

describe('defaults', () => {
  it('suffice beside database and key', () => {
    const { config, secrets, notices } = load();
    expect(config.server).toMatchObject({ port: 8080, host: '127.0.0.1', mode: 'development' });
    expect(config.jwt).toMatchObject({ algorithm: 'ES256', access_token_expire: 900_000, audience: ['authcenter'] });
    expect(config.rate_limit.login).toEqual({ points: 20, seconds: 60 });
    expect(config.rate_limit.register).toEqual({ points: 10, seconds: 3600 });
    expect(config.performance).toMatchObject({ hash_workers: 'auto', hash_max_wait: 10_000 });
    expect(secrets).toEqual({ keyEncryptionKey: Uint8Array.from(keyEncryptionKey) });
    expect(notices).toEqual([]);
  });

  it('follow from other keys', () => {
    expect(load().config.jwt.session_max_age).toBe(604_800_000);
    expect(load({ AUTHCENTER__JWT__REFRESH_TOKEN_EXPIRE: '1d' }).config.jwt.session_max_age).toBe(86_400_000);
    expect(load().config.registration.email_verification).toBe('optional');
    expect(load({ PORT: '9000' }).config.server.public_url).toBe('http://127.0.0.1:9000');
    expect(load({ PORT: '9000' }).config.jwt.issuer).toBe('http://127.0.0.1:9000');
    expect(load({ PUBLIC_URL: 'https://auth.example.com/' }).config.jwt.issuer).toBe('https://auth.example.com');
    expect(load({ AUTHCENTER__JWT__ISSUER: 'our auth' }).config.jwt.issuer).toBe('our auth');
  });

  it('leave address and issuer open until a free port is taken', () => {
    const { config } = load({ PORT: '0' });
    expect(config.server.public_url).toBeUndefined();
    expect(config.jwt.issuer).toBeUndefined();
    const listening = withPublicUrl(config, defaultPublicUrl(config.server, 41_234));
    expect(listening.server.public_url).toBe('http://127.0.0.1:41234');
    expect(listening.jwt.issuer).toBe('http://127.0.0.1:41234');
    expect(defaultPublicUrl({ host: '::1', tls: {} }, 443)).toBe('https://[::1]:443');
    expect(defaultPublicUrl({ host: '0.0.0.0' }, 80)).toBe('http://localhost:80');
  });
});

describe('layers', () => {
  it('win in the order default, file, short name, long name, override', () => {
    const file = writeConfig('server: { port: 1001, host: "::1" }\nmongodb:\n  database: from_file\n');
    expect(load(file).config).toMatchObject({
      server: { port: 1001, host: '::1', mode: 'development' },
      mongodb: { database: 'from_file', max_pool_size: 100 },
    });
    expect(load({ ...file, PORT: '1002' }).config.server.port).toBe(1002);
    expect(load({ ...file, PORT: '1002', AUTHCENTER__SERVER__PORT: '1003' }).config.server.port).toBe(1003);
    const overrides = { server: { port: 1004 } };
    expect(
      load({ ...file, PORT: '1002', AUTHCENTER__SERVER__PORT: '1003' }, { overrides }).config.server,
    ).toMatchObject({
      port: 1004,
      host: '::1',
    });
  });

  it('replace lists whole', () => {
    const file = writeConfig('jwt: { audience: [one, two] }');
    expect(load(file).config.jwt.audience).toEqual(['one', 'two']);
    expect(load({ ...file, AUTHCENTER__JWT__AUDIENCE: 'three' }).config.jwt.audience).toEqual(['three']);
  });

  it('pass over keys without a value and empty variables', () => {
    const file = writeConfig('server:\n  port:\nmail:\n  smtp_url: # none\nlibrechat:\n');
    expect(load({ ...file, HOST: '', AUTHCENTER__SERVER__MODE: '' }).config.server).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
    });
    expect(load(writeConfig('# nothing\n')).config.server.port).toBe(8080);
  });

  it.each([
    ['PORT', '1', 'server', 'port', 1],
    ['HOST', '::', 'server', 'host', '::'],
    ['PUBLIC_URL', 'https://a.example', 'server', 'public_url', 'https://a.example'],
    ['MONGODB_URI', 'mongodb+srv://h/', 'mongodb', 'uri', 'mongodb+srv://h/'],
    ['SMTP_URL', 'smtp://h', 'mail', 'smtp_url', 'smtp://h'],
    ['LOG_LEVEL', 'debug', 'log', 'level', 'debug'],
    [
      'AUTHCENTER__SERVER__CORS_ORIGINS',
      'https://a.example, https://b.example',
      'server',
      'cors_origins',
      ['https://a.example', 'https://b.example'],
    ],
    [
      'AUTHCENTER__SERVER__TRUST_PROXY',
      '[10.0.0.0/8, "::1", loopback]',
      'server',
      'trust_proxy',
      ['10.0.0.0/8', '::1', 'loopback'],
    ],
    ['AUTHCENTER__SERVER__TRUST_PROXY', '[]', 'server', 'trust_proxy', []],
    ['AUTHCENTER__SECURITY__REQUIRE_HTTPS', 'false', 'security', 'require_https', false],
    ['AUTHCENTER__PERFORMANCE__HASH_WORKERS', '3', 'performance', 'hash_workers', 3],
    ['AUTHCENTER__RATE_LIMIT__AI', '5/d', 'rate_limit', 'ai', { points: 5, seconds: 86_400 }],
    ['AUTHCENTER__AI__PRICES', '{ gpt: { prompt: 1.5 } }', 'ai', 'prices', { gpt: { prompt: 1.5 } }],
    ['AUTHCENTER__AI__BALANCE__ENABLED', 'true', 'ai', 'balance', { enabled: true }],
  ])('read %s=%s', (name, value, section, key, expected) => {
    const { config } = load({ [name]: value });
    expect(Object.entries(config).find(([name]) => name === section)?.[1]).toMatchObject({ [key]: expected });
  });
});

describe('variables in files', () => {
  it('are replaced, with defaults, and keep secrets that look like numbers as they are', () => {
    const file = writeConfig(
      [
        `server: { port: "\${WEB_PORT:-8443}", cors_origins: "\${ORIGINS}" }`,
        `mongodb: { uri: "mongodb://\${DB_USER}:\${DB_PASS}@\${DB_HOST:-db}/?x=1" }`,
        `metrics: { token: "\${TOKEN}" }`,
        `jwt: { audience: ["\${AUD:-authcenter}", other] }`,
      ].join('\n'),
    );
    const { config } = load({
      ...file,
      MONGODB_URI: '',
      DB_USER: 'u',
      DB_PASS: '007',
      TOKEN: '0123',
      ORIGINS: 'https://a.example',
      WEB_PORT: '',
    });
    expect(config.server).toMatchObject({ port: 8443, cors_origins: ['https://a.example'] });
    expect(config.mongodb.uri).toBe('mongodb://u:007@db/?x=1');
    expect(config.metrics.token).toBe('0123');
    expect(config.jwt.audience).toEqual(['authcenter', 'other']);
  });

  it('that are not set are told by name, line and key, once', () => {
    const file = writeConfig(`log: { level: info }\nmail:\n  smtp_url: "smtp://u:\${SMTP_PASSWORD}@mail"\n`);
    expect(problemsOf(file)).toEqual([
      {
        key: 'mail.smtp_url',
        where: 'authcenter.yaml:3',
        message: 'the variable SMTP_PASSWORD is not set',
        mend: expect.stringContaining('Set SMTP_PASSWORD'),
      },
    ]);
    expect(problemsOf({ MONGODB_URI: '' })).toMatchObject([
      {
        key: 'mongodb.uri',
        where: expect.stringMatching(/default\.yaml:\d+$/),
        mend: expect.stringContaining('MONGODB_URI'),
      },
    ]);
  });

  it('do not matter where a later source gives the key', () => {
    const file = writeConfig(`mail: { smtp_url: "\${NOWHERE}" }`);
    expect(load({ ...file, SMTP_URL: 'smtp://mail' }).config.mail.smtp_url).toBe('smtp://mail');
  });
});
