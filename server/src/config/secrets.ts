// The secrets, which come from the environment or from files that it names, never from configuration files.

import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { KmsCredentials } from './kms-credentials.ts';
import type { Finding, Problem } from './problems.ts';
import type { Config } from './schema.ts';

export interface Secrets {
  /** 32 bytes. */
  keyEncryptionKey: Uint8Array;
  keyEncryptionKeyPrevious?: Uint8Array;
  jwtPrivateKeyPem?: string;
  kms?: KmsCredentials;
  adminEmail?: string;
  adminPassword?: string;
}

/** Reads the secrets that stand in variables; whatever is wrong with one is reported, and the value left out. */
export function readSecrets(env: NodeJS.ProcessEnv): { secrets: Partial<Secrets>; problems: Problem[] } {
  const secrets: Partial<Secrets> = {};
  const problems: Problem[] = [];
  const report = (name: string, message: string, mend: string) =>
    problems.push({ key: name, where: 'environment', message, mend });
  const mendKey = 'Give 32 random bytes in base64 (openssl rand -base64 32) and keep them safe';

  const current = env.KEY_ENCRYPTION_KEY || undefined;
  const previous = env.KEY_ENCRYPTION_KEY_PREVIOUS || undefined;
  const currentKey = readKey(current);
  const previousKey = readKey(previous);
  if (currentKey !== undefined) secrets.keyEncryptionKey = currentKey;
  else report('KEY_ENCRYPTION_KEY', current === undefined ? 'is missing' : 'is not 32 bytes in base64', mendKey);
  if (previousKey !== undefined) secrets.keyEncryptionKeyPrevious = previousKey;
  else if (previous !== undefined) report('KEY_ENCRYPTION_KEY_PREVIOUS', 'is not 32 bytes in base64', mendKey);

  const email = env.ADMIN_EMAIL || undefined;
  if (email !== undefined && !z.email().safeParse(email).success) {
    report('ADMIN_EMAIL', 'is no e-mail address', 'Give the address of the first administrator');
  } else if (email !== undefined) secrets.adminEmail = email;
  if (env.ADMIN_PASSWORD) secrets.adminPassword = env.ADMIN_PASSWORD;
  return { secrets, problems };
}

function readKey(value: string | undefined): Uint8Array | undefined {
  if (value === undefined || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return undefined;
  const bytes = Uint8Array.from(Buffer.from(value, 'base64'));
  return bytes.length === 32 ? bytes : undefined;
}

/** The signing key, when it comes from a file: readable, private, and of the configured algorithm. */
export function readSigningKey(jwt: Config['jwt'], cwd: string): { pem?: string; findings: Finding[] } {
  if (jwt.private_key_path === undefined) return { findings: [] };
  const key = 'jwt.private_key_path';
  const file = readTextFile(key, jwt.private_key_path, cwd);
  if (file.text === undefined) return { findings: file.findings };
  const mend = `Make one for ${jwt.algorithm}: ${makeKey[jwt.algorithm]}`;
  let parsed: KeyObject;
  try {
    parsed = createPrivateKey(file.text);
  } catch {
    return { findings: [{ key, message: 'the file holds no private key in PEM form (or an encrypted one)', mend }] };
  }
  if (!fits(parsed, jwt.algorithm))
    return { findings: [{ key, message: `the key does not fit ${jwt.algorithm}`, mend }] };
  return { pem: file.text, findings: [] };
}

const makeKey = {
  ES256: 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  RS256: 'openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 (or more bits)',
  EdDSA: 'openssl genpkey -algorithm ed25519',
} as const;

// RFC 7518 §3.3 asks for at least 2048 bits, §3.4 for P-256; RFC 8037 §3.1 for Ed25519.
function fits(key: KeyObject, algorithm: Config['jwt']['algorithm']): boolean {
  const details = key.asymmetricKeyDetails ?? {};
  if (algorithm === 'ES256') return key.asymmetricKeyType === 'ec' && details.namedCurve === 'prime256v1';
  if (algorithm === 'RS256') return key.asymmetricKeyType === 'rsa' && (details.modulusLength ?? 0) >= 2048;
  return key.asymmetricKeyType === 'ed25519';
}

/** A file that a key names, relative to the working directory. */
export function readTextFile(
  key: string,
  path: string,
  cwd: string,
): { path: string; text?: string; findings: Finding[] } {
  const full = resolve(cwd, path);
  try {
    return { path: full, text: readFileSync(full, 'utf8'), findings: [] };
  } catch {
    return {
      path: full,
      findings: [{ key, message: `${full} cannot be read`, mend: 'Name a file that this process may read' }],
    };
  }
}
