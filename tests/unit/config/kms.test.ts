// `jwt.kms`: what is read, what is refused and in which words, and that no credential is ever in it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { printConfig } from '../../../server/src/config.ts';
import { folder, load, problemsOf, writeConfig } from './load-test-config.ts';

const vault = { kind: 'vault', url: 'https://vault.example.com:8200', key: 'authcenter' };
const aws = { kind: 'aws', key: 'alias/authcenter', region: 'eu-central-1' };
const gcp = { kind: 'gcp', key: 'projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k' };
const env = { VAULT_TOKEN: 'hvs.hush', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'hush' };

const file = (kms: object, jwt: object = {}) => ({ ...writeConfig(`jwt: ${JSON.stringify({ kms, ...jwt })}`), ...env });
const sound = {
  AUTHCENTER__SERVER__MODE: 'production',
  MONGODB_URI: 'mongodb://app:secret@db/',
  PUBLIC_URL: 'https://auth.example.com',
  AUTHCENTER__SERVER__TRUST_PROXY: '10.0.0.0/8',
  SMTP_URL: 'smtps://mail.example.com',
};

describe('services', () => {
  it('are read with what they have by default', () => {
    expect(load(file(vault)).config.jwt.kms).toEqual({ ...vault, mount: 'transit', timeout: 5_000 });
    expect(load(file(aws)).config.jwt.kms).toEqual({ ...aws, timeout: 5_000 });
    expect(load(file(gcp)).config.jwt.kms).toEqual({ ...gcp, url: 'https://cloudkms.googleapis.com', timeout: 5_000 });
  });

  it('are read from variables', () => {
    const { config } = load({
      ...env,
      AUTHCENTER__JWT__KMS__KIND: 'aws',
      AUTHCENTER__JWT__KMS__KEY: 'alias/other',
      AUTHCENTER__JWT__KMS__REGION: 'cn-north-1',
      AUTHCENTER__JWT__KMS__TIMEOUT: '2s',
    });
    expect(config.jwt.kms).toEqual({ kind: 'aws', key: 'alias/other', region: 'cn-north-1', timeout: 2_000 });
  });

  it('are printed as they could be read again', () => {
    for (const kms of [{ ...vault, namespace: 'team' }, aws, gcp]) {
      const text = printConfig(load(file(kms)).config);
      expect(parse(text).jwt.kms).toMatchObject({ ...kms, timeout: '5s' });
      expect(load(file(parse(text).jwt.kms)).config.jwt.kms).toEqual(load(file(kms)).config.jwt.kms);
      expect(text).not.toContain('hush');
    }
  });

  it.each([
    ['an unknown kind', { kind: 'azure', key: 'k' }, 'jwt.kms.kind'],
    ['an unknown key', { ...vault, token: 'hvs.hush' }, 'jwt.kms.token'],
    ['no address of Vault', { kind: 'vault', key: 'k' }, 'jwt.kms.url'],
    ['an address with a path', { ...vault, url: 'https://vault.example.com/v1' }, 'jwt.kms.url'],
    ['a key that leads elsewhere', { ...vault, key: '../sys/seal' }, 'jwt.kms.key'],
    ['no region', { kind: 'aws', key: 'k' }, 'jwt.kms.region'],
    ['a key ring in place of a key', { ...gcp, key: 'projects/p/locations/l/keyRings/r' }, 'jwt.kms.key'],
    ['a timeout without a unit', { ...aws, timeout: 5 }, 'jwt.kms.timeout'],
  ])('refuse %s', (_, kms, key) => {
    const problems = problemsOf(file(kms));
    expect(problems).toMatchObject([{ key, mend: expect.stringMatching(/./) }]);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });

  it('do not stand beside a key in a file, and sign what they can', () => {
    const path = join(folder, 'key.pem');
    expect(problemsOf(file(aws, { private_key_path: path })).map(({ key }) => key)).toContain('jwt.kms');
    expect(problemsOf(file(aws, { algorithm: 'EdDSA' }))).toMatchObject([{ key: 'jwt.algorithm' }]);
    expect(problemsOf(file(vault, { algorithm: 'EdDSA' }))).toEqual([]);
  });
});

describe('credentials', () => {
  const without = (...names: string[]) => Object.fromEntries(names.map((name) => [name, '']));

  it.each([
    [vault, without('VAULT_TOKEN'), 'VAULT_TOKEN'],
    [vault, { VAULT_TOKEN: '', VAULT_TOKEN_FILE: 'nowhere' }, 'VAULT_TOKEN_FILE'],
    [aws, without('AWS_ACCESS_KEY_ID'), 'AWS_ACCESS_KEY_ID'],
    [aws, without('AWS_SECRET_ACCESS_KEY'), 'AWS_SECRET_ACCESS_KEY'],
    [gcp, { GOOGLE_APPLICATION_CREDENTIALS: 'nowhere.json' }, 'GOOGLE_APPLICATION_CREDENTIALS'],
    [gcp, { GOOGLE_APPLICATION_CREDENTIALS: 'user.json' }, 'GOOGLE_APPLICATION_CREDENTIALS'],
  ])('that are missing or no good are told: %j %j', (kms, more, key) => {
    writeFileSync(join(folder, 'user.json'), '{"type":"authorized_user","refresh_token":"hush"}');
    const problems = problemsOf({ ...file(kms), ...more });
    expect(problems).toMatchObject([{ key, where: 'environment' }]);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });

  it('are read from the environment and the files that it names', () => {
    writeFileSync(join(folder, 'vault-token'), 'hvs.fromFile');
    const fromFile = load({ ...file(vault), VAULT_TOKEN: '', VAULT_TOKEN_FILE: 'vault-token' }).secrets.kms;
    expect(fromFile).toEqual({ kind: 'vault', token: { file: join(folder, 'vault-token') } });
    expect(load({ ...file(aws), AWS_SESSION_TOKEN: 's' }).secrets.kms).toEqual({
      kind: 'aws',
      from: { accessKeyId: 'AKIA', secretAccessKey: 'hush', sessionToken: 's' },
    });
    const container = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x',
    };
    expect(load({ ...file(aws), ...container }).secrets.kms).toEqual({
      kind: 'aws',
      from: { url: 'http://169.254.170.2/v2/x', token: null },
    });
    expect(load(file(gcp)).secrets.kms).toEqual({
      kind: 'gcp',
      account: null,
      metadataHost: 'metadata.google.internal',
    });
  });
});

it('production refuses to send credentials in the clear', () => {
  const plain = { ...vault, url: 'http://vault.internal:8200' };
  expect(problemsOf({ ...file(plain), ...sound })).toMatchObject([{ key: 'jwt.kms.url' }]);
  expect(problemsOf({ ...file(vault), ...sound })).toEqual([]);
  expect(problemsOf({ ...file(plain), ...sound, AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http' })).toEqual([]);
});
