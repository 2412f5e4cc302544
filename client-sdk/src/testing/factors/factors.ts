// The second factors of an account as one value: an authenticator app, one that is not proven yet, backup codes.
import { newNumber } from '../random.ts';

/** By its secret and the step of the code that was used last; or, of tests, by a code that does not change. */
export type App = { readonly secret: string; readonly lastStep: number } | { readonly code: string };

export interface Factors {
  readonly app: App | null;
  /** An enrolment that waits for its first code. */
  readonly pending: { readonly secret: string; readonly createdAt: Date } | null;
  /** As `readBackupCode` has them. */
  readonly backupCodes: readonly string[];
}

export const NO_FACTORS: Factors = { app: null, pending: null, backupCodes: [] };

/** Without letters and digits that are mistaken for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';

/** Ten codes, each good once: `h4k2p-9xw3d`. */
export const newBackupCodes = (): string[] =>
  Array.from({ length: 10 }, () => {
    const text = Array.from({ length: 10 }, () => ALPHABET[newNumber(0, ALPHABET.length)]).join('');
    return `${text.slice(0, 5)}-${text.slice(5)}`;
  });

/** As typed: in any letter case, with or without the dash. */
export const readBackupCode = (typed: string): string => typed.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
