// What is refused, in words that name key, place and mend.
import { describe, expect, it } from 'vitest';
import { load, problemsOf, writeConfig } from './load-test-config.ts';

describe('problems', () => {
  it.each([
    ['server:\n  prot: 8080', 'server.prot', 'authcenter.yaml:2', 'unknown key', 'port, host'],
    ['sever: {}', 'sever', 'authcenter.yaml:1', 'unknown key', 'server, mongodb'],
    ['oauth:\n\n  provider: x', 'oauth.provider', 'authcenter.yaml:3', 'unknown key', 'providers'],
    ['server: 8080', 'server', 'authcenter.yaml:1', 'must be an object', 'port, host'],
    ['server: { port: 80800 }', 'server.port', 'authcenter.yaml:1', '80800', '0 to 65535'],
    ['server: { port: web }', 'server.port', 'authcenter.yaml:1', '"web"', 'whole number'],
    ['server: { mode: staging }', 'server.mode', 'authcenter.yaml:1', '"staging"', 'development, production'],
    [
      'server: { public_url: https://a.example/auth }',
      'server.public_url',
      'authcenter.yaml:1',
      'cannot be used',
      'no path',
    ],
    ['server: { trust_proxy: true }', 'server.trust_proxy', 'authcenter.yaml:1', 'true', '10.0.0.0/8'],
    ['server: { trust_proxy: [10.0.0.0/33] }', 'server.trust_proxy', 'authcenter.yaml:1', '10.0.0.0/33', 'networks'],
    [
      'server: { cors_origins: [app.example.com] }',
      'server.cors_origins',
      'authcenter.yaml:1',
      'app.example.com',
      'https://',
    ],
    ['server: { tls: { cert: c.pem } }', 'server.tls.key', 'authcenter.yaml:1', 'is missing', 'PEM'],
    ['jwt:\n  access_token_expire: 15', 'jwt.access_token_expire', 'authcenter.yaml:2', '15', 'with its unit'],
    ['jwt: { access_token_expire: "15" }', 'jwt.access_token_expire', 'authcenter.yaml:1', '"15"', 'with its unit'],
    ['jwt: { access_token_expire: -1m }', 'jwt.access_token_expire', 'authcenter.yaml:1', '"-1m"', 'from 1s to 24h'],
    ['jwt: { access_token_expire: 2d }', 'jwt.access_token_expire', 'authcenter.yaml:1', '"2d"', 'from 1s to 24h'],
    ['jwt: { algorithm: HS256 }', 'jwt.algorithm', 'authcenter.yaml:1', '"HS256"', 'ES256, RS256, EdDSA'],
    ['mail: { time_zone: Moon/Crater }', 'mail.time_zone', 'authcenter.yaml:1', '"Moon/Crater"', 'Asia/Shanghai'],
    ['jwt: { audience: [] }', 'jwt.audience', 'authcenter.yaml:1', '[]', 'at least one'],
    ['jwt: { issuer: 123 }', 'jwt.issuer', 'authcenter.yaml:1', '123', 'iss'],
    ['security: { bcrypt_cost: 3 }', 'security.bcrypt_cost', 'authcenter.yaml:1', '3', '4 to 20'],
    [
      'security: { allow_insecure: [https] }',
      'security.allow_insecure',
      'authcenter.yaml:1',
      'https',
      'database_without_auth',
    ],
    ['security: { require_https: "yes" }', 'security.require_https', 'authcenter.yaml:1', '"yes"', 'true or false'],
    ['rate_limit: { login: 20 }', 'rate_limit.login', 'authcenter.yaml:1', '20', '600/m'],
    ['rate_limit: { login: 0/m }', 'rate_limit.login', 'authcenter.yaml:1', '0/m', '600/m'],
    ['performance: { hash_workers: 0 }', 'performance.hash_workers', 'authcenter.yaml:1', '0', 'auto'],
    ['mongodb: { min_pool_size: 101 }', 'mongodb.min_pool_size', 'authcenter.yaml:1', 'more than', 'smaller'],
    ['mongodb: { database: "a.b" }', 'mongodb.database', 'authcenter.yaml:1', 'a.b', 'dots'],
    [
      'oauth: { providers: { x: { kind: myspace, client_id: a, client_secret: b } } }',
      'oauth.providers.x.kind',
      'authcenter.yaml:1',
      'wechat',
      'another',
    ],
    [
      'jwt: { private_key_path: nowhere.pem }',
      'jwt.private_key_path',
      'authcenter.yaml:1',
      'nowhere.pem cannot be read',
      'file',
    ],
    ['server:\n  port: [\n', '(file)', 'authcenter.yaml:3', '', 'YAML'],
    ['server:\n  port: 1\n  port: 2\n', '(file)', 'authcenter.yaml:3', 'unique', 'YAML'],
    ['just text', '(file)', 'authcenter.yaml:1', 'no keys', 'YAML'],
  ])('in %j name key, place and mend', (file, key, where, message, mend) => {
    const [problem, ...others] = problemsOf(writeConfig(file));
    expect(others).toEqual([]);
    expect(problem).toEqual({
      key,
      where,
      message: expect.stringContaining(message),
      mend: expect.stringContaining(mend),
    });
  });

  it.each([
    [{ PORT: 'web' }, 'server.port', 'PORT'],
    [{ AUTHCENTER__SERVER__PROT: '1' }, 'server.prot', 'AUTHCENTER__SERVER__PROT'],
    [{ AUTHCENTER__NONE__OF__THIS: '1' }, 'none', 'AUTHCENTER__NONE__OF__THIS'],
    [{ AUTHCENTER__SERVER: '1' }, 'server', 'AUTHCENTER__SERVER'],
    [{ AUTHCENTER_CONFIG: 'nowhere.yaml' }, 'AUTHCENTER_CONFIG', 'AUTHCENTER_CONFIG'],
    [{ KEY_ENCRYPTION_KEY: '' }, 'KEY_ENCRYPTION_KEY', 'environment'],
    [{ KEY_ENCRYPTION_KEY: 'c2hvcnQ=' }, 'KEY_ENCRYPTION_KEY', 'environment'],
    [{ KEY_ENCRYPTION_KEY: 'not base64!' }, 'KEY_ENCRYPTION_KEY', 'environment'],
    [{ KEY_ENCRYPTION_KEY_PREVIOUS: 'c2hvcnQ=' }, 'KEY_ENCRYPTION_KEY_PREVIOUS', 'environment'],
    [{ ADMIN_EMAIL: 'nobody' }, 'ADMIN_EMAIL', 'environment'],
    [{ ADMIN_PASSWORD: 'short' }, 'ADMIN_PASSWORD', 'environment'],
  ])('in the environment %j name the variable', (env, key, where) => {
    expect(problemsOf(env)).toMatchObject([{ key, where }]);
  });

  it('are told all at once, a line each', () => {
    const file = writeConfig('server:\n  port: web\n  prot: 1\nlog:\n  level: loud\n');
    try {
      load({ ...file, KEY_ENCRYPTION_KEY: '', PUBLIC_URL: 'nowhere' });
      expect.unreachable();
    } catch (error) {
      const lines = error instanceof Error ? error.message.split('\n') : [];
      expect(lines).toHaveLength(6);
      expect(lines[0]).toBe('The configuration has 5 problems:');
      expect(lines).toContainEqual(
        expect.stringMatching(/^ {2}server\.port \(authcenter\.yaml:2\): "web" .+ Give .+\.$/),
      );
      expect(lines).toContainEqual(expect.stringMatching(/^ {2}KEY_ENCRYPTION_KEY \(environment\): is missing\. /));
    }
  });

  it('never show the secret that cannot be used', () => {
    const file = writeConfig(
      'jwt: { secret: [hush1] }\naudit: { key: { a: hush2 } }\nmail: { smtp_url: "ftp://u:hush3@h" }',
    );
    const env = { ...file, MONGODB_URI: 'postgres://u:hush4@h', KEY_ENCRYPTION_KEY: 'hush5', ADMIN_PASSWORD: 'hush6' };
    const problems = problemsOf(env);
    expect(problems.map(({ key }) => key).toSorted()).toEqual(
      ['KEY_ENCRYPTION_KEY', 'audit.key', 'jwt.secret', 'mail.smtp_url', 'mongodb.uri'].toSorted(),
    );
    expect(JSON.stringify(problems)).not.toContain('hush');
  });
});
