// The keys of the fake key management services: pairs that sign messages or digests, as the services do.
import { constants, generateKeyPairSync, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';

export type FakeAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

export interface FakeKeyPair {
  readonly algorithm: FakeAlgorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function makePair(algorithm: FakeAlgorithm): FakeKeyPair {
  if (algorithm === 'ES256') return { algorithm, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  if (algorithm === 'RS256') return { algorithm, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
  return { algorithm, ...generateKeyPairSync('ed25519') };
}

export const writePem = ({ publicKey }: FakeKeyPair): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** @param dsaEncoding - the form of ECDSA signatures */
export const signMessage = (
  { algorithm, privateKey }: FakeKeyPair,
  message: Uint8Array,
  dsaEncoding: 'der' | 'ieee-p1363',
): Buffer => sign(algorithm === 'EdDSA' ? null : 'sha256', message, { key: privateKey, dsaEncoding });

/** DigestInfo of SHA-256 (RFC 8017 §9.2, note 1). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** Signs what was hashed already, which node:crypto does not; ECDSA in DER. */
export function signDigest({ algorithm, privateKey }: FakeKeyPair, digest: Buffer): Buffer {
  if (algorithm === 'ES256') {
    const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
    return Buffer.from(p256.sign(digest, secret, { prehash: false, format: 'der' }));
  }
  const key = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  return privateEncrypt(key, Buffer.concat([DIGEST_INFO, digest]));
}
