// What production mode refuses to start with.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, load, problemsOf } from './load-test-config.ts';

/** A key in base64 whose bytes go up by `step`. */
const sequence = (first: number, step: number) =>
  Buffer.from(Uint8Array.from({ length: 32 }, (_, index) => first + index * step)).toString('base64');

describe('production mode', () => {
  const sound = {
    AUTHCENTER__SERVER__MODE: 'production',
    MONGODB_URI: 'mongodb://app:secret@db/',
    PUBLIC_URL: 'https://auth.example.com',
    AUTHCENTER__SERVER__TRUST_PROXY: '10.0.0.0/8',
    SMTP_URL: 'smtps://mail.example.com',
  };

  it('starts when everything is as it should be', () => {
    const { config } = load(sound);
    expect(config.server.mode).toBe('production');
    expect(config.registration.email_verification).toBe('required');
  });

  it.each([
    ['plain HTTP', { AUTHCENTER__SERVER__TRUST_PROXY: '' }, 'server.tls'],
    ['an address that is not https', { PUBLIC_URL: 'http://auth.example.com' }, 'server.public_url'],
    ['no address', { PUBLIC_URL: '' }, 'server.public_url'],
    ['HTTPS not required', { AUTHCENTER__SECURITY__REQUIRE_HTTPS: 'false' }, 'security.require_https'],
    ['every origin let in', { AUTHCENTER__SERVER__CORS_ORIGINS: '*' }, 'server.cors_origins'],
    ['a database without authentication', { MONGODB_URI: 'mongodb://db/?replicaSet=a@b' }, 'mongodb.uri'],
    ['a cheap hash', { AUTHCENTER__SECURITY__BCRYPT_COST: '11' }, 'security.bcrypt_cost'],
    ['request limits off', { AUTHCENTER__RATE_LIMIT__ENABLED: 'false' }, 'rate_limit.enabled'],
    ['no way to send the mails that registration needs', { SMTP_URL: '' }, 'mail.smtp_url'],
    ['no key', { KEY_ENCRYPTION_KEY: '' }, 'KEY_ENCRYPTION_KEY'],
    ['a key of zeros', { KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') }, 'KEY_ENCRYPTION_KEY'],
    ['a key that is text', { KEY_ENCRYPTION_KEY: btoa('development-key-of-32-characters') }, 'KEY_ENCRYPTION_KEY'],
    ['a key that is a sequence', { KEY_ENCRYPTION_KEY: sequence(0, 1) }, 'KEY_ENCRYPTION_KEY'],
    ['a key that is a sequence downwards', { KEY_ENCRYPTION_KEY: sequence(7, 255) }, 'KEY_ENCRYPTION_KEY'],
    ['a former key that is a sequence', { KEY_ENCRYPTION_KEY_PREVIOUS: sequence(0, 1) }, 'KEY_ENCRYPTION_KEY_PREVIOUS'],
    ['a former key of one byte', { KEY_ENCRYPTION_KEY_PREVIOUS: sequence(9, 0) }, 'KEY_ENCRYPTION_KEY_PREVIOUS'],
    ['a short password of the administrator', { ADMIN_PASSWORD: 'x9$kQ2!mZ7p' }, 'ADMIN_PASSWORD'],
    ['an obvious password', { ADMIN_PASSWORD: 'ChangeMeChangeMe' }, 'ADMIN_PASSWORD'],
    ['a password of one character', { ADMIN_PASSWORD: 'a'.repeat(20) }, 'ADMIN_PASSWORD'],
    [
      'every IPv4 address as a proxy',
      { AUTHCENTER__SERVER__TRUST_PROXY: '10.0.0.0/8,0.0.0.0/0' },
      'server.trust_proxy',
    ],
    ['every IPv6 address as a proxy', { AUTHCENTER__SERVER__TRUST_PROXY: '::/0' }, 'server.trust_proxy'],
    ['an origin of plain HTTP', { AUTHCENTER__SERVER__CORS_ORIGINS: 'http://app.example.com' }, 'server.cors_origins'],
    [
      'metrics that everybody may read',
      { AUTHCENTER__METRICS__PORT: '9464', AUTHCENTER__SERVER__HOST: '0.0.0.0' },
      'metrics.token',
    ],
    ['a token that can be guessed', { AUTHCENTER__METRICS__TOKEN: 'metrics' }, 'metrics.token'],
  ])('refuses %s', (_, env, key) => {
    expect(problemsOf({ ...sound, ...env })).toMatchObject([{ key, mend: expect.stringMatching(/./) }]);
  });

  it('refuses keys that were made up for development', () => {
    expect(problemsOf(sound, { madeUpSecrets: ['KEY_ENCRYPTION_KEY'] })).toMatchObject([
      { key: 'KEY_ENCRYPTION_KEY', where: 'environment', message: 'was made up for development' },
    ]);
    expect(load({}, { madeUpSecrets: ['KEY_ENCRYPTION_KEY'] }).config.server.mode).toBe('development');
  });

  it('lets through what is allowed by name', () => {
    const env = { ...sound, PUBLIC_URL: '', AUTHCENTER__SERVER__TRUST_PROXY: '', MONGODB_URI: 'mongodb://db/' };
    expect(problemsOf({ ...env, AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http' }).map(({ key }) => key)).toEqual([
      'mongodb.uri',
    ]);
    expect(problemsOf({ ...env, AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http, database_without_auth' })).toEqual([]);
  });

  it('takes a good password, metrics with a token or at home, and plain origins that are allowed by name', () => {
    const metrics = { AUTHCENTER__METRICS__PORT: '9464' };
    const open = { ...metrics, AUTHCENTER__SERVER__HOST: '0.0.0.0', AUTHCENTER__METRICS__TOKEN: 'x9kQ2mZ7pLw4Rt8v' };
    const plain = {
      AUTHCENTER__SERVER__CORS_ORIGINS: 'http://app.example.com',
      AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http',
    };
    for (const env of [{ ADMIN_PASSWORD: 'x9$kQ2!mZ7pL' }, metrics, open, plain])
      expect(problemsOf({ ...sound, ...env })).toEqual([]);
  });

  it('takes TLS of its own, certificates as authentication, and registration without mail', () => {
    writeFileSync(join(folder, 'cert.pem'), 'certificate');
    const env = {
      ...sound,
      AUTHCENTER__SERVER__TRUST_PROXY: '',
      AUTHCENTER__SERVER__TLS__CERT: 'cert.pem',
      AUTHCENTER__SERVER__TLS__KEY: 'cert.pem',
      MONGODB_URI: 'mongodb://db/?authMechanism=MONGODB-X509',
      SMTP_URL: '',
      AUTHCENTER__REGISTRATION__EMAIL_VERIFICATION: 'off',
    };
    expect(problemsOf(env)).toEqual([]);
    expect(problemsOf({ ...env, AUTHCENTER__SERVER__TLS__KEY: 'nowhere.pem' })).toMatchObject([
      { key: 'server.tls.key' },
    ]);
  });

  it('does not concern development', () => {
    expect(problemsOf({ ...sound, AUTHCENTER__SERVER__MODE: 'development', MONGODB_URI: 'mongodb://db/' })).toEqual([]);
  });
});
