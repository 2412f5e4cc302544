// By what right `jwt.kms` is asked: variables of the environment, and files that they name, under the names the vendors gave them.
import { z } from 'zod';
import type { KmsConfig } from './kms.ts';
import type { Finding } from './problems.ts';
import { readTextFile } from './secrets.ts';

export interface VaultCredentials {
  readonly kind: 'vault';
  /** The token itself, or the file that an agent keeps one in: read at each use. */
  readonly token: string | { readonly file: string };
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** An endpoint that gives a container keys of its role for a while (ECS, EKS Pod Identity). */
export interface AwsContainer {
  readonly url: string;
  /** What the endpoint wants to be shown; a file is renewed by the platform, and read at each use. */
  readonly token: string | { readonly file: string } | null;
}

export interface AwsCredentials {
  readonly kind: 'aws';
  readonly from: AwsKeys | AwsContainer;
}

/** A service account's key; `null`: the machine's own account, which its metadata server vouches for. */
export interface GcpCredentials {
  readonly kind: 'gcp';
  readonly account: {
    readonly email: string;
    readonly keyId: string;
    readonly privateKey: string;
    readonly tokenUrl: string;
  } | null;
  /** Host and port of the metadata server. */
  readonly metadataHost: string;
}

export type KmsCredentials = VaultCredentials | AwsCredentials | GcpCredentials;

interface Outcome {
  readonly credentials?: KmsCredentials;
  readonly findings: Finding[];
}

export function readKmsCredentials(kms: KmsConfig, env: NodeJS.ProcessEnv, cwd: string): Outcome {
  if (kms.kind === 'vault') return readVault(env, cwd);
  return kms.kind === 'aws' ? readAws(env) : readGcp(env, cwd);
}

function readVault({ VAULT_TOKEN, VAULT_TOKEN_FILE }: NodeJS.ProcessEnv, cwd: string): Outcome {
  if (VAULT_TOKEN) return { credentials: { kind: 'vault', token: VAULT_TOKEN }, findings: [] };
  if (!VAULT_TOKEN_FILE) {
    const mend = 'Set it to a token that may read and sign with the key, or VAULT_TOKEN_FILE to a file that holds one';
    return { findings: [{ key: 'VAULT_TOKEN', message: 'is missing, and jwt.kms needs it', mend }] };
  }
  const { path, findings } = readTextFile('VAULT_TOKEN_FILE', VAULT_TOKEN_FILE, cwd);
  return { credentials: { kind: 'vault', token: { file: path } }, findings };
}

function readAws(env: NodeJS.ProcessEnv): Outcome {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    const session = AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {};
    const from = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, ...session };
    return { credentials: { kind: 'aws', from }, findings: [] };
  }
  const container = readContainer(env);
  if (container !== null && !AWS_ACCESS_KEY_ID) return { credentials: { kind: 'aws', from: container }, findings: [] };
  const missing = AWS_ACCESS_KEY_ID ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
  const mend = 'Set it for an identity that may call kms:GetPublicKey and kms:Sign with the key';
  return { findings: [{ key: missing, message: 'is missing, and jwt.kms needs it', mend }] };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html: the relative address goes before. */
function readContainer(env: NodeJS.ProcessEnv): AwsContainer | null {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  const url = path ? `http://169.254.170.2${path}` : full;
  if (!url || !URL.canParse(url)) return null;
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = env;
  return { url, token: file ? { file } : token || null };
}

const ServiceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key_id: z.string().min(1),
  private_key: z.string().includes('PRIVATE KEY'),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});

function readGcp({ GOOGLE_APPLICATION_CREDENTIALS, GCE_METADATA_HOST }: NodeJS.ProcessEnv, cwd: string): Outcome {
  const metadataHost = GCE_METADATA_HOST || 'metadata.google.internal';
  if (!GOOGLE_APPLICATION_CREDENTIALS)
    return { credentials: { kind: 'gcp', account: null, metadataHost }, findings: [] };
  const key = 'GOOGLE_APPLICATION_CREDENTIALS';
  const { text, findings } = readTextFile(key, GOOGLE_APPLICATION_CREDENTIALS, cwd);
  if (text === undefined) return { findings };
  const parsed = ServiceAccount.safeParse(parseJson(text));
  if (!parsed.success) {
    const mend = 'Name the JSON file that was made with a key of the service account';
    return { findings: [{ key, message: 'the file holds no service account', mend }] };
  }
  const { client_email: email, private_key_id: keyId, private_key: privateKey, token_uri: tokenUrl } = parsed.data;
  return { credentials: { kind: 'gcp', account: { email, keyId, privateKey, tokenUrl }, metadataHost }, findings: [] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
