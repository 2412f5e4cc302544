// Backup codes: ten, each good once; only their keyed hashes are kept.
import { randomInt } from 'node:crypto';
import type { KeyedHash } from '../../../platform/keyed-hash.ts';

const COUNT = 10;
/** Without letters and digits that are mistaken for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const LENGTH = 10;

/** Ten codes of about 49 bits each: `h4k2p-9xw3d`. */
export const newBackupCodes = (): string[] =>
  Array.from({ length: COUNT }, () => {
    const text = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    return `${text.slice(0, LENGTH / 2)}-${text.slice(LENGTH / 2)}`;
  });

/** As typed: in any letter case, with or without the dash. */
export const hashBackupCode = (hash: KeyedHash, userId: string, typed: string): string =>
  hash(JSON.stringify(['backup code', userId, typed.toLowerCase().replaceAll(/[^a-z0-9]/g, '')]));
