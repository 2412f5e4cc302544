// What production mode refuses to start with. A pure function: all it knows is handed to it.
import { kmsProductionProblems } from './kms.ts';
import { oauthProductionProblems } from './oauth.ts';
import type { Finding } from './problems.ts';
import type { Config } from './schema.ts';
import type { Secrets } from './secrets.ts';
import { smsProductionProblems } from './sms.ts';

export interface EnvironmentFacts {
  /** Names of the secrets that the start made up itself, as it does for development. */
  madeUpSecrets: readonly string[];
}

export function productionProblems(config: Config, secrets: Partial<Secrets>, facts: EnvironmentFacts): Finding[] {
  if (config.server.mode !== 'production') return [];
  return [
    ...transportProblems(config),
    ...secretProblems(config, secrets, facts),
    ...databaseProblems(config),
    ...policyProblems(config),
    ...smsProductionProblems(config),
    ...oauthProductionProblems(config),
    ...kmsProductionProblems(config),
  ];
}

function transportProblems({ server, security }: Config): Finding[] {
  if (security.allow_insecure.includes('http')) return [];
  const findings: Finding[] = [];
  const mend =
    'Set server.tls, or server.trust_proxy to the proxy that ends TLS, or name http in security.allow_insecure';
  if (server.tls === undefined && server.trust_proxy.length === 0) {
    findings.push({ key: 'server.tls', message: 'requests would arrive by plain HTTP', mend });
  }
  if (!server.public_url?.startsWith('https://')) {
    const message = `the public address ${server.public_url ?? ''} is not https`.replace('  ', ' ');
    findings.push({ key: 'server.public_url', message, mend: 'Set PUBLIC_URL=https://…' });
  }
  if (!security.require_https) {
    const message = 'plain HTTP would be answered';
    findings.push({
      key: 'security.require_https',
      message,
      mend: 'Set it to true, or name http in security.allow_insecure',
    });
  }
  return findings;
}

// The examples that are found everywhere, of a length that would pass.
const OBVIOUS_PASSWORDS: ReadonlySet<string> = new Set([
  'administrator',
  'adminadminadmin',
  'admin1234567',
  'admin12345678',
  'password1234',
  'password12345',
  'passwordpassword',
  'changemechangeme',
  'change-me-please',
  'changeme1234',
  '123456789012',
  '1234567890123456',
  'qwertyuiop12',
  'qwertyuiopas',
  'correct horse battery staple',
  'correcthorsebatterystaple',
]);

function passwordProblems({ adminPassword }: Partial<Secrets>): Finding[] {
  if (adminPassword === undefined) return [];
  const key = 'ADMIN_PASSWORD';
  const mend = 'Give one of at least 12 characters that nobody can guess: openssl rand -base64 18';
  if ([...adminPassword].length < 12) return [{ key, message: 'is too short for production', mend }];
  const isObvious = OBVIOUS_PASSWORDS.has(adminPassword.toLowerCase()) || new Set(adminPassword).size === 1;
  return isObvious ? [{ key, message: 'is among the first that are guessed', mend }] : [];
}

function secretProblems(config: Config, secrets: Partial<Secrets>, facts: EnvironmentFacts): Finding[] {
  const findings = facts.madeUpSecrets.map((key) => ({
    key,
    message: 'was made up for development',
    mend: 'Give one of your own and keep it safe',
  }));
  const mendKey = 'Give 32 random bytes: openssl rand -base64 32';
  const key = 'KEY_ENCRYPTION_KEY';
  if (secrets.keyEncryptionKey === undefined) findings.push({ key, message: 'is missing', mend: mendKey });
  else if (isGuessable(secrets.keyEncryptionKey)) findings.push({ key, message: 'is no random key', mend: mendKey });
  const previous = secrets.keyEncryptionKeyPrevious;
  if (previous !== undefined && isGuessable(previous))
    findings.push({ key: 'KEY_ENCRYPTION_KEY_PREVIOUS', message: 'is no random key', mend: mendKey });
  findings.push(...passwordProblems(secrets));
  if (config.metrics.token !== undefined && config.metrics.token.length < 16) {
    findings.push({ key: 'metrics.token', message: 'is too short', mend: 'Give at least 16 random characters' });
  }
  return findings;
}

// Of 32 random bytes 30 differ on average; fewer than 16 different ones come from no random source.
// Text is no better: random bytes are all printable once in 10^13 keys.
function isGuessable(key: Uint8Array): boolean {
  if (new Set(key).size < 16 || key.every((byte) => byte >= 0x20 && byte < 0x7f)) return true;
  // A plain sequence, such as 0 to 31: each byte lies equally far from the one before.
  const steps = key.subarray(1).map((byte, index) => byte - (key[index] ?? 0));
  return new Set(steps).size === 1;
}

function databaseProblems({ mongodb, security }: Config): Finding[] {
  const authenticates = /^mongodb(\+srv)?:\/\/[^/?]+@/.test(mongodb.uri) || /[?&]authMechanism=/i.test(mongodb.uri);
  if (authenticates || security.allow_insecure.includes('database_without_auth')) return [];
  const mend = 'Put user and password into MONGODB_URI, or name database_without_auth in security.allow_insecure';
  return [{ key: 'mongodb.uri', message: 'the database is used without authentication', mend }];
}

function policyProblems({ server, security, rate_limit, registration, mail, metrics }: Config): Finding[] {
  const findings: Finding[] = [];
  if (server.cors_origins.includes('*')) {
    findings.push({ key: 'server.cors_origins', message: 'every origin is let in', mend: 'List the origins by name' });
  }
  const plain = server.cors_origins.filter((origin) => origin.startsWith('http://'));
  if (plain.length > 0 && !security.allow_insecure.includes('http')) {
    const mend = 'Name the https origins, or name http in security.allow_insecure';
    findings.push({ key: 'server.cors_origins', message: `${plain.join(', ')}: pages that came by plain HTTP`, mend });
  }
  const everybody = server.trust_proxy.filter((network) => /\/0+$/.test(network));
  if (everybody.length > 0) {
    const mend = 'Name the addresses or networks of your proxies';
    findings.push({ key: 'server.trust_proxy', message: `${everybody.join(', ')} trusts everybody`, mend });
  }
  if (metrics.port !== undefined && metrics.token === undefined && !isLoopbackHost(server.host)) {
    const mend = 'Set metrics.token, or server.host to a loopback address';
    findings.push({ key: 'metrics.token', message: 'metrics would be open to whoever reaches their port', mend });
  }
  if (security.bcrypt_cost < 12) {
    findings.push({
      key: 'security.bcrypt_cost',
      message: `${security.bcrypt_cost} is too cheap`,
      mend: 'Give 12 or more',
    });
  }
  if (!rate_limit.enabled) {
    findings.push({ key: 'rate_limit.enabled', message: 'request limits are off', mend: 'Set it to true' });
  }
  if (registration.email_verification === 'required' && mail.smtp_url === undefined) {
    const mend = 'Set SMTP_URL, or registration.email_verification to optional or off';
    findings.push({ key: 'mail.smtp_url', message: 'e-mail verification is required and no mail can be sent', mend });
  }
  return findings;
}

const isLoopbackHost = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);
