// A key management service as the source of the key that signs access tokens.
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { KmsCredentials } from '../../../config/kms-credentials.ts';
import type { Config } from '../../../config.ts';
import { StartError } from '../../../start-error.ts';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../logger.ts';
import type { SigningAlgorithm } from '../algorithms.ts';
import type { MadeKey } from '../make-key.ts';
import type { OutsideSource } from '../source.ts';
import { type Kms, KmsError } from './kms.ts';
import { createKmsSigner } from './signer.ts';

export interface KmsSourceOptions {
  readonly jwt: Pick<Config['jwt'], 'kms' | 'algorithm'>;
  readonly credentials: KmsCredentials | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Asks the service for its key and for a signature, so that what is wrong is told at the start.
 *
 * @throws StartError when it cannot be reached, refuses, or has a key of another kind
 */
export async function openKmsSource({ jwt, credentials, clock, log }: KmsSourceOptions): Promise<OutsideSource> {
  try {
    const kms = await openKms(jwt.kms, credentials, clock);
    const source = createKmsSource(kms, jwt.algorithm, log);
    const { kmsKey = '' } = await source.current();
    await kms.sign(kmsKey, jwt.algorithm, new TextEncoder().encode('authcenter start'));
    return source;
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    throw new StartError(
      `jwt.kms cannot sign ${jwt.algorithm} tokens with ${jwt.kms?.key}: ${error.message}.`,
      'Correct jwt.kms or jwt.algorithm, what the credentials in the environment may do, or the way to the service.',
    );
  }
}

/** Only the one that is used is loaded. */
async function openKms(
  config: Config['jwt']['kms'],
  credentials: KmsCredentials | undefined,
  clock: Clock,
): Promise<Kms> {
  if (config?.kind === 'vault' && credentials?.kind === 'vault')
    return (await import('./vault.ts')).createVault(config, credentials);
  if (config?.kind === 'aws' && credentials?.kind === 'aws')
    return (await import('./aws.ts')).createAwsKms(config, credentials, clock);
  if (config?.kind === 'gcp' && credentials?.kind === 'gcp')
    return (await import('./google.ts')).createGoogleKms(config, credentials, clock);
  throw new Error('jwt.kms and its credentials do not go together');
}

function createKmsSource(kms: Kms, alg: SigningAlgorithm, log: Log): OutsideSource {
  return {
    kind: kms.kind,
    async current(): Promise<MadeKey> {
      const { name, publicKey } = await kms.newest();
      if (!fits(publicKey, alg)) throw new KmsError(`${name} is a key for another algorithm`);
      const publicJwk: JWK = publicKey.export({ format: 'jwk' });
      const kid = await calculateJwkThumbprint(publicJwk);
      return { kid, alg, source: kms.kind, publicJwk, privateJwk: null, kmsKey: name };
    },
    async signerOf({ _id: kid, alg: signs, source, kms_key: name, public_jwk: publicJwk }) {
      if (source !== kms.kind || name === undefined || publicJwk === null || !kms.owns(name)) return null;
      return createKmsSigner({ kms, log, kid, alg: signs as SigningAlgorithm, publicJwk, name });
    },
  };
}

// RFC 7518 §3.3 asks for at least 2048 bits, §3.4 for P-256; RFC 8037 §3.1 for Ed25519.
function fits({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject, alg: SigningAlgorithm): boolean {
  if (alg === 'ES256') return asymmetricKeyType === 'ec' && asymmetricKeyDetails.namedCurve === 'prime256v1';
  if (alg === 'RS256') return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails.modulusLength ?? 0) >= 2048;
  return asymmetricKeyType === 'ed25519';
}
