// The scalar schemas that several features use: ids, names, addresses, free text.
import { z } from 'zod';

/** An id on the wire: 24 hexadecimal digits. */
export const Id = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{24}$/, 'must be 24 hexadecimal digits')
  .meta({ example: '6650f0a1b2c3d4e5f6a7b8c9' });

/** A user name: 3 to 32 of `a-z 0-9 _ . -`; upper case is read as lower. */
export const Username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9_.-]{3,32}$/, 'must be 3 to 32 characters of a-z 0-9 _ . -')
  .meta({ example: 'li.lei' });

/** An e-mail address, read as lower case. */
export const Email = z
  .string()
  .max(254)
  .trim()
  // Before letters are made small: some that are no ASCII become ASCII then (U+212A, the Kelvin sign), and somebody else's address.
  .regex(/^[\x21-\x7e]*$/, 'must be an e-mail address')
  .toLowerCase()
  .pipe(z.email('must be an e-mail address'))
  // Behind the pipe the document would not see the format.
  .meta({ example: 'li.lei@example.com', format: 'email' });

/** A phone number as typed; the server reads it in its default region and keeps it as E.164. */
export const Phone = z.string().trim().min(5).max(32).meta({ example: '13800138000' });

/** One line of free text: no control characters, at most `max` characters. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must not contain control characters');

/** A line of free text that may be empty. */
export const lineOrNothing = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must not contain control characters');

/** A password as typed; its length in code points is checked against the server's configuration. */
export const Password = z.string().min(1).max(256).meta({
  example: 'correct horse battery staple',
  description: 'As typed; a new one has 8 to 128 characters (security.password_min_length may ask for more)',
});
