// Where the key of access tokens comes from, when it is not generated: a PEM file, or a key management service (kms/).
import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Config, Secrets } from '../../config.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../logger.ts';
import type { SigningAlgorithm } from './algorithms.ts';
import type { MadeKey } from './make-key.ts';
import type { KeySource, SigningKeyDocument } from './repository.ts';
import { createPemSigner, type Signer } from './signer.ts';

/** Brings keys whose private part is never in the database. */
export interface OutsideSource {
  readonly kind: Exclude<KeySource, 'generated'>;
  /** The key it would have signed with now. */
  current(): Promise<MadeKey>;
  /** Null for a key of the ring that this source cannot sign with. */
  signerOf(document: SigningKeyDocument): Promise<Signer | null>;
}

/** As configured; null: the key is generated. @throws StartError when a key management service is of no use */
export async function openKeySource(
  jwt: Config['jwt'],
  secrets: Secrets,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<OutsideSource | null> {
  if (jwt.kms) {
    const { openKmsSource } = await import('./kms/source.ts');
    return openKmsSource({ jwt, credentials: secrets.kms, clock, log });
  }
  return secrets.jwtPrivateKeyPem === undefined ? null : createPemSource(secrets.jwtPrivateKeyPem, jwt.algorithm);
}

/** One file, one key: it changes when another file is named and the server is started again. */
export function createPemSource(pem: string, alg: SigningAlgorithm): OutsideSource {
  const publicJwk: JWK = createPublicKey(pem).export({ format: 'jwk' });
  const current = async (): Promise<MadeKey> => ({
    kid: await calculateJwkThumbprint(publicJwk),
    alg,
    source: 'pem',
    publicJwk,
    privateJwk: null,
  });
  return {
    kind: 'pem',
    current,
    async signerOf({ _id }) {
      const { kid } = await current();
      return kid === _id ? createPemSigner({ kid, alg, publicJwk }, pem) : null;
    },
  };
}
