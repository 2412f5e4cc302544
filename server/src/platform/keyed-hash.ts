// Keyed hashes and subkeys: what is looked up by value but must not be readable in the database (codes, identifiers, sources).
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** HMAC-SHA-256 of a text under a subkey of the key-encryption key, base64url. */
export type KeyedHash = (text: string) => string;

/**
 * Derives one subkey per purpose (RFC 5869), so that a hash made for one collection means nothing in another.
 *
 * @param purpose - a fixed label, unique among the callers
 */
export function createKeyedHash(keyEncryptionKey: Uint8Array, purpose: string): KeyedHash {
  const key = Buffer.from(hkdfSync('sha256', keyEncryptionKey, '', `authcenter ${purpose}`, 32));
  return (text) => createHmac('sha256', key).update(text).digest('base64url');
}

/** A secret for a link: 256 bits from the CSPRNG, base64url. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
