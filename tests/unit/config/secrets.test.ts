// The secrets: from the environment and from files that it names.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, keyEncryptionKey, load, problemsOf } from './load-test-config.ts';

const pem = (...[type, options]: Parameters<typeof makePair>) =>
  makePair(type, options).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const makePair = (type: 'ec' | 'rsa' | 'ed25519', options: { namedCurve?: string; modulusLength?: number } = {}) =>
  type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: options.namedCurve ?? 'P-256' })
    : type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: options.modulusLength ?? 2048 })
      : generateKeyPairSync('ed25519');

describe('secrets', () => {
  it('come from the environment', () => {
    const previous = randomBytes(32);
    const { secrets } = load({
      KEY_ENCRYPTION_KEY_PREVIOUS: previous.toString('base64url'),
      ADMIN_EMAIL: 'admin@example.com',
      ADMIN_PASSWORD: 'correct horse',
    });
    expect(secrets).toEqual({
      keyEncryptionKey: Uint8Array.from(keyEncryptionKey),
      keyEncryptionKeyPrevious: Uint8Array.from(previous),
      adminEmail: 'admin@example.com',
      adminPassword: 'correct horse',
    });
  });

  it.each([
    ['ES256', pem('ec')],
    ['RS256', pem('rsa')],
    ['EdDSA', pem('ed25519')],
  ])('take a %s key from the file that JWT_PRIVATE_KEY_PATH names', (algorithm, key) => {
    writeFileSync(join(folder, 'key.pem'), key);
    const { secrets } = load({ JWT_PRIVATE_KEY_PATH: 'key.pem', AUTHCENTER__JWT__ALGORITHM: algorithm });
    expect(secrets.jwtPrivateKeyPem).toBe(key);
  });

  it.each([
    ['of another curve', pem('ec', { namedCurve: 'P-384' }), 'ES256'],
    ['of another algorithm', pem('rsa'), 'ES256'],
    ['with too few bits', pem('rsa', { modulusLength: 1024 }), 'RS256'],
    ['of another kind', pem('ec'), 'EdDSA'],
    ['that is none', 'hush hush', 'ES256'],
    ['that is public', makePair('ec').publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'ES256'],
  ])('refuse a signing key %s', (_, key, algorithm) => {
    writeFileSync(join(folder, 'key.pem'), key);
    const problems = problemsOf({ JWT_PRIVATE_KEY_PATH: 'key.pem', AUTHCENTER__JWT__ALGORITHM: algorithm });
    expect(problems).toMatchObject([
      { key: 'jwt.private_key_path', where: 'JWT_PRIVATE_KEY_PATH', mend: expect.stringContaining('openssl genpkey') },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });
});
