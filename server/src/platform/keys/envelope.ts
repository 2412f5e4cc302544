// Encryption at rest: a JWE (RFC 7516, `dir` with A256GCM) under the key-encryption key, which is never in the database.
import { CompactEncrypt, compactDecrypt } from 'jose';

export interface Envelope {
  seal(plain: Uint8Array): Promise<string>;
  /** @throws Error when neither the current nor the previous key opens it */
  open(sealed: string): Promise<Uint8Array>;
}

/** @param previous - still opens what was sealed before the key was changed */
export function createEnvelope(key: Uint8Array, previous?: Uint8Array): Envelope {
  return {
    seal: (plain) => new CompactEncrypt(plain).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(key),
    async open(sealed) {
      try {
        return (await compactDecrypt(sealed, key)).plaintext;
      } catch (error) {
        if (!previous) throw error;
        return (await compactDecrypt(sealed, previous)).plaintext;
      }
    },
  };
}
