// Secrets of applications: 256 random bits, of which a plain hash is enough, and outlives a change of the key-encryption key.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The prefix lets scanners of source code find one that was left there. */
export const newClientSecret = (): string => `acs_${randomBytes(32).toString('base64url')}`;

export const hashClientSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

interface StoredSecret {
  readonly hash: string;
  readonly expires_at: Date | null;
}

/** Whether it is one of those that work at `now`. */
export function isClientSecret(secrets: readonly StoredSecret[], given: string, now: Date): boolean {
  const hash = Buffer.from(hashClientSecret(given));
  return secrets.some(
    (secret) =>
      (secret.expires_at === null || secret.expires_at.getTime() > now.getTime()) &&
      timingSafeEqual(Buffer.from(secret.hash), hash),
  );
}
