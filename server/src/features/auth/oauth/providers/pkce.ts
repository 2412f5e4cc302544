// Proof Key for Code Exchange.
import { createHash } from 'node:crypto';

/** RFC 7636 §4.2, S256. */
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
