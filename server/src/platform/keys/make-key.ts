// New keys: generated ones, and the documents under which any key enters the ring.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { REFRESH_ALGORITHM, type SigningAlgorithm } from './algorithms.ts';
import type { Envelope } from './envelope.ts';
import type { KeySource, KeyUse, SigningKeyDocument } from './repository.ts';

/** A key that is to enter the ring. */
export interface MadeKey {
  readonly kid: string;
  readonly alg: string;
  readonly source: KeySource;
  readonly publicJwk: JWK | null;
  /** Null where the private part stays elsewhere. */
  readonly privateJwk: JWK | null;
  readonly kmsKey?: string;
}

export async function generateKey(use: KeyUse, algorithm: SigningAlgorithm): Promise<MadeKey> {
  if (use === 'refresh') {
    const privateJwk: JWK = { kty: 'oct', k: randomBytes(32).toString('base64url') };
    const kid = randomBytes(16).toString('base64url');
    return { kid, alg: REFRESH_ALGORITHM, source: 'generated', publicJwk: null, privateJwk };
  }
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return { kid, alg: algorithm, source: 'generated', publicJwk, privateJwk: await exportJWK(pair.privateKey) };
}

const encoder = new TextEncoder();

/** @param signsFrom - its turn begins then */
export async function toDocument(
  made: MadeKey,
  use: KeyUse,
  envelope: Envelope,
  { now, signsFrom }: { readonly now: Date; readonly signsFrom: Date },
): Promise<SigningKeyDocument> {
  return {
    _id: made.kid,
    use,
    alg: made.alg,
    source: made.source,
    signing: true,
    public_jwk: made.publicJwk ? { ...made.publicJwk } : null,
    private_jwk: made.privateJwk ? await envelope.seal(encoder.encode(JSON.stringify(made.privateJwk))) : null,
    ...(made.kmsKey === undefined ? {} : { kms_key: made.kmsKey }),
    created_at: now,
    signs_from: signsFrom,
    retired_at: null,
  };
}
