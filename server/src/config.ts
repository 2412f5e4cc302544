// Files and environment → Config and Secrets.
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { kmsConsistencyFindings } from './config/kms.ts';
import { readKmsCredentials } from './config/kms-credentials.ts';
import type { Layer } from './config/layers.ts';
import { findPlace, overrideLayer, readEnvironmentLayer, readFileLayer, stackLayers } from './config/layers.ts';
import { listNotices } from './config/notices.ts';
import type { Finding, Problem } from './config/problems.ts';
import { ConfigError } from './config/problems.ts';
import { productionProblems } from './config/production.ts';
import type { Config, RawConfig } from './config/schema.ts';
import { configSchema, resolveConfig } from './config/schema.ts';
import type { Secrets } from './config/secrets.ts';
import { readSecrets, readSigningKey, readTextFile } from './config/secrets.ts';

export { printConfig } from './config/print.ts';
export { ConfigError } from './config/problems.ts';
export type { Config, RawConfig } from './config/schema.ts';
export { defaultPublicUrl, withPublicUrl } from './config/schema.ts';
export type { Secrets } from './config/secrets.ts';

export interface LoadOptions {
  env: NodeJS.ProcessEnv;
  /** Paths in the configuration are relative to it. */
  cwd: string;
  overrides?: RawConfig;
  /** Names of the variables in `env` that the start made up itself; production mode refuses them. */
  madeUpSecrets?: readonly string[];
}

export interface LoadedConfig {
  config: Config;
  secrets: Secrets;
  /** Lines for the start to say. */
  notices: string[];
}

const defaultFile = fileURLToPath(new URL('../config/default.yaml', import.meta.url));

/**
 * Reads default.yaml, the file that AUTHCENTER_CONFIG names, the environment and the overrides, later ones winning.
 * @throws ConfigError with every problem there is
 */
export function loadConfig({ env, cwd, overrides = {}, madeUpSecrets = [] }: LoadOptions): LoadedConfig {
  const context = { env, cwd };
  const defaults = readFileLayer(defaultFile, { ...context, key: 'default.yaml' });
  const named = env.AUTHCENTER_CONFIG
    ? [readFileLayer(env.AUTHCENTER_CONFIG, { ...context, key: 'AUTHCENTER_CONFIG' })]
    : [];
  const layer = stackLayers([defaults, ...named, readEnvironmentLayer(env), overrideLayer(overrides)]);
  const { secrets, problems: secretProblems } = readSecrets(env);
  const problems = [...layer.problems, ...secretProblems];

  const parsed = configSchema.safeParse(layer.tree);
  const config = parsed.success ? resolveConfig(parsed.data) : undefined;
  if (parsed.error) problems.push(...schemaProblems(parsed.error, layer));
  if (config !== undefined) {
    const signingKey = readSigningKey(config.jwt, cwd);
    if (signingKey.pem !== undefined) secrets.jwtPrivateKeyPem = signingKey.pem;
    const { kms } = config.jwt;
    const kmsAccess = kms === undefined ? { findings: [] } : readKmsCredentials(kms, env, cwd);
    if (kmsAccess.credentials !== undefined) secrets.kms = kmsAccess.credentials;
    const findings = [
      ...signingKey.findings,
      ...kmsAccess.findings,
      ...kmsConsistencyFindings(config),
      ...consistencyFindings(config, secrets, cwd),
      ...productionProblems(config, secrets, { madeUpSecrets }),
    ];
    problems.push(...findings.map((finding) => placeFinding(finding, layer)));
  }

  const { keyEncryptionKey } = secrets;
  if (config === undefined || keyEncryptionKey === undefined || problems.length > 0)
    throw new ConfigError(firstOfEachKey(problems));
  const untouched = stackLayers([defaults, overrideLayer({ mongodb: { uri: config.mongodb.uri } })]);
  const notices = listNotices(config, resolveConfig(configSchema.parse(untouched.tree)));
  return { config, secrets: { ...secrets, keyEncryptionKey }, notices };
}

function placeFinding(finding: Finding, layer: Layer): Problem {
  const isVariable = /^[A-Z_]+$/.test(finding.key);
  return { ...finding, where: isVariable ? 'environment' : findPlace(layer, finding.key.split('.')) };
}

/** Rules over several keys. */
function consistencyFindings({ mongodb, security, server }: Config, secrets: Partial<Secrets>, cwd: string): Finding[] {
  const findings: Finding[] = [];
  if (mongodb.min_pool_size > mongodb.max_pool_size) {
    const message = `${mongodb.min_pool_size} is more than mongodb.max_pool_size (${mongodb.max_pool_size})`;
    findings.push({ key: 'mongodb.min_pool_size', message, mend: 'Give a smaller one' });
  }
  const length = secrets.adminPassword === undefined ? undefined : [...secrets.adminPassword].length;
  if (length !== undefined && (length < security.password_min_length || length > 128)) {
    const mend = `Give ${security.password_min_length} to 128 characters`;
    findings.push({ key: 'ADMIN_PASSWORD', message: `has ${length} characters`, mend });
  }
  if (server.tls !== undefined) {
    findings.push(...readTextFile('server.tls.cert', server.tls.cert, cwd).findings);
    findings.push(...readTextFile('server.tls.key', server.tls.key, cwd).findings);
  }
  return findings;
}

function schemaProblems(error: z.ZodError, layer: Layer): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const key = issue.path.join('.');
    const where = findPlace(layer, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const mend = `Known here: ${knownKeys(issue.path).join(', ')}`;
      return issue.keys.map((name) => {
        const path = [...issue.path, name];
        return { key: path.join('.'), where: findPlace(layer, path), message: 'unknown key', mend };
      });
    }
    if (issue.code === 'custom') {
      return [{ key, where, message: issue.message, mend: String(issue.params?.mend ?? 'Give another value') }];
    }
    const below = knownKeys(issue.path);
    const mend = below.length > 0 ? `Give the keys below it: ${below.join(', ')}` : 'Give another value';
    return [{ key, where, message: issue.message, mend }];
  });
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const part of path) {
    schema = schema instanceof z.ZodObject ? schema.shape[String(part)] : undefined;
    if (schema instanceof z.ZodOptional) schema = schema.unwrap();
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** A key that is unset for one reason is not also told to be missing. */
function firstOfEachKey(problems: readonly Problem[]): Problem[] {
  return problems.filter((problem, index) => problems.findIndex(({ key }) => key === problem.key) === index);
}
