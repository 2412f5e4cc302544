// Whether a token shows that a key is used which has left the ring: a sign that somebody else has it.
import { compactVerify, decodeJwt, importJWK } from 'jose';
import type { SigningKeyDocument } from './repository.ts';

/**
 * A retired key's own tokens have all expired; who comes back with one of those is only late. Whoever has just the key's id,
 * which is public, raises no alarm: the signature must be the key's. Of a refresh key nothing is left to check it by.
 *
 * @returns null when there is nothing to tell
 */
export async function readGoneKeyUse(
  document: SigningKeyDocument | undefined,
  token: string,
  now: Date,
): Promise<'retired' | 'revoked' | null> {
  if (!document) return null;
  const state = document.revoked_at ? 'revoked' : 'retired';
  try {
    const { exp = 0 } = decodeJwt(token);
    if (state === 'retired' && exp * 1000 <= now.getTime()) return null;
    if (document.public_jwk) await compactVerify(token, await importJWK(document.public_jwk, document.alg));
    return state;
  } catch {
    return null;
  }
}
