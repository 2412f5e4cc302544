// A signer: whatever can sign in a key's name. Here those whose private part is in this process; the others are in kms/.
import { type CryptoKey, importJWK, importPKCS8, type JWK } from 'jose';
import { parametersOf } from './algorithms.ts';

export interface Signer {
  readonly kid: string;
  readonly alg: string;
  /** Null for a key that only AuthCenter verifies with. */
  readonly publicJwk: JWK | null;
  /** The signature in the form that JOSE wants (RFC 7518 §3.4: r and s, not DER). */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** Resolves when the next signature may be counted on; absent where there is nothing that could fail. */
  ready?(): Promise<void>;
}

type Identity = Pick<Signer, 'kid' | 'alg' | 'publicJwk'>;

export function createLocalSigner(identity: Identity, key: CryptoKey): Signer {
  return {
    ...identity,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(parametersOf(identity.alg), key, bytes)),
  };
}

export const createPemSigner = async (identity: Identity, pem: string): Promise<Signer> =>
  createLocalSigner(identity, await importPKCS8(pem, identity.alg));

/** From a private or secret JWK. */
export async function createJwkSigner(identity: Identity, jwk: JWK): Promise<Signer> {
  const key = await importJWK(jwk, identity.alg);
  return createLocalSigner(identity, key instanceof Uint8Array ? await importSecret(key) : key);
}

export const importSecret = (secret: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', Uint8Array.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
