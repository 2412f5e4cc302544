// `jwt.kms`: a key management service that signs access tokens. Whose name it signs in stands here; by what right, in the environment alone.
import { z } from 'zod';
import { closed } from './closed.ts';
import { duration, matching, origin } from './fields.ts';
import type { Finding } from './problems.ts';
import type { Config } from './schema.ts';

/** Milliseconds that the service has for one answer. */
const timeout = () => duration('100ms', '30s').prefault('5s');
const endpoint = (usual: string) => origin(`Give scheme, host and port in place of ${usual}`);

const services = [
  closed({
    kind: z.literal('vault'),
    key: matching(/^[\w.-]{1,128}$/, 'Give the name of a key of the transit engine'),
    url: origin('Give the address of Vault: scheme, host and port, such as https://vault.example.com:8200'),
    /** Where the transit engine is mounted. */
    mount: matching(/^[\w.-]+(\/[\w.-]+)*$/, 'Give the path of the transit engine, such as transit').prefault(
      'transit',
    ),
    namespace: matching(/^[\w.-]+(\/[\w.-]+)*\/?$/, 'Give a namespace, such as team/identity').optional(),
    timeout: timeout(),
  }),
  closed({
    kind: z.literal('aws'),
    key: matching(/^[\w:/-]{1,2048}$/, "Give the key's id, its ARN, or alias/…"),
    region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Give the name of a region, such as eu-central-1'),
    url: endpoint('https://kms.<region>.amazonaws.com').optional(),
    timeout: timeout(),
  }),
  closed({
    kind: z.literal('gcp'),
    key: matching(
      /^projects\/[^/\s?#]+\/locations\/[^/\s?#]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+(\/cryptoKeyVersions\/\d+)?$/,
      'Give projects/…/locations/…/keyRings/…/cryptoKeys/…, and /cryptoKeyVersions/… to stay with one version',
    ),
    url: endpoint('https://cloudkms.googleapis.com').prefault('https://cloudkms.googleapis.com'),
    timeout: timeout(),
  }),
] as const;

const kinds = services.map(({ shape }) => shape.kind.value).join(', ');

export const kmsSection = z.discriminatedUnion('kind', services, {
  error: ({ code }) => (code === 'invalid_union' ? `is none of ${kinds}` : undefined),
});

export type KmsConfig = z.output<typeof kmsSection>;
/** One service of that kind, as it was read. */
export type KmsConfigOf<Kind extends KmsConfig['kind']> = Extract<KmsConfig, { kind: Kind }>;

/** One key signs; and not every service knows every algorithm. */
export function kmsConsistencyFindings({ jwt }: Pick<Config, 'jwt'>): Finding[] {
  const { kms, private_key_path, algorithm } = jwt;
  if (kms === undefined) return [];
  const findings: Finding[] = [];
  if (private_key_path !== undefined) {
    const mend = 'Leave out one of jwt.kms and jwt.private_key_path (JWT_PRIVATE_KEY_PATH)';
    findings.push({ key: 'jwt.kms', message: 'stands beside jwt.private_key_path', mend });
  }
  // It takes whole messages of 4096 bytes at most where Ed25519 is to sign; tokens can be longer.
  if (kms.kind === 'aws' && algorithm === 'EdDSA')
    findings.push({ key: 'jwt.algorithm', message: 'AWS KMS signs no EdDSA tokens', mend: 'Give ES256 or RS256' });
  return findings;
}

/** What production mode refuses: whoever listens on the way could take the credentials. */
export function kmsProductionProblems({ jwt, security }: Pick<Config, 'jwt' | 'security'>): Finding[] {
  if (!jwt.kms?.url?.startsWith('http:') || security.allow_insecure.includes('http')) return [];
  const mend = 'Give an https URL, or name http in security.allow_insecure';
  return [{ key: 'jwt.kms.url', message: 'credentials would travel in the clear', mend }];
}
