// Signing in the name of a key that is elsewhere: each signature is checked before it leaves, and a service that fails is noticed.
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { AppError } from '../../../errors.ts';
import type { Log } from '../../logger.ts';
import { parametersOf, type SigningAlgorithm } from '../algorithms.ts';
import type { Signer } from '../signer.ts';
import type { Kms } from './kms.ts';

export interface KmsSignerOptions {
  readonly kms: Kms;
  readonly log: Log;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicJwk: JWK;
  /** By what the service knows the key. */
  readonly name: string;
}

/** So long a success vouches for the next signature, in ms; less than the 30 s in which a refresh that failed may be repeated unnoticed. */
const TRUSTED = 10_000;
const RETRY_AFTER = 5;
const TRIAL = new TextEncoder().encode('authcenter: can this key sign?');

export async function createKmsSigner({ kms, log, kid, alg, publicJwk, name }: KmsSignerOptions): Promise<Signer> {
  const publicKey = await importJWK(publicJwk, alg);
  let trustedUntil = 0;
  let trial: Promise<unknown> | undefined;

  async function sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    try {
      const signature = await kms.sign(name, alg, bytes);
      if (!(await crypto.subtle.verify(parametersOf(alg), publicKey as CryptoKey, signature, bytes)))
        throw new Error('the signature does not verify with the public key');
      trustedUntil = performance.now() + TRUSTED;
      return signature;
    } catch (error) {
      trustedUntil = 0;
      log.error({ error, kid, kms: kms.kind }, 'the key management service did not sign');
      throw new AppError('DEPENDENCY_UNAVAILABLE', { retryAfter: RETRY_AFTER });
    }
  }
  return {
    kid,
    alg,
    publicJwk,
    sign,
    async ready() {
      if (performance.now() < trustedUntil) return;
      trial ??= sign(TRIAL).finally(() => {
        trial = undefined;
      });
      await trial;
    },
  };
}
