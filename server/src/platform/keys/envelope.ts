// Encryption at rest: a JWE (RFC 7516, `dir` with A256GCM) under the key-encryption key, which is never in the database.
import { CompactEncrypt, compactDecrypt } from 'jose';

export interface Envelope {
  seal(plain: Uint8Array): Promise<string>;
  /** @throws Error when neither the current nor the previous key opens it */
  open(sealed: string): Promise<Uint8Array>;
  /** The same under the current key; null where it is under that already. @throws Error when neither key opens it */
  reseal(sealed: string): Promise<string | null>;
}

/** @param previous - still opens what was sealed before the key was changed */
export function createEnvelope(key: Uint8Array, previous?: Uint8Array): Envelope {
  const seal = (plain: Uint8Array) =>
    new CompactEncrypt(plain).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(key);
  const openWith = async (sealed: string, by: Uint8Array) => (await compactDecrypt(sealed, by)).plaintext;
  return {
    seal,
    async open(sealed) {
      try {
        return await openWith(sealed, key);
      } catch (error) {
        if (!previous) throw error;
        return openWith(sealed, previous);
      }
    },
    async reseal(sealed) {
      try {
        await openWith(sealed, key);
        return null;
      } catch (error) {
        if (!previous) throw error;
        return seal(await openWith(sealed, previous));
      }
    },
  };
}
