// A secret that stands in a file which somebody renews: read at each use.
import { readFileSync } from 'node:fs';
import { KmsError } from './kms.ts';

/** @param variable - that names the file, for the message */
export function readSecret(secret: string | { readonly file: string }, variable: string): string {
  if (typeof secret === 'string') return secret;
  try {
    return readFileSync(secret.file, 'utf8').trim();
  } catch (cause) {
    throw new KmsError(`the file that ${variable} names cannot be read`, { cause });
  }
}
