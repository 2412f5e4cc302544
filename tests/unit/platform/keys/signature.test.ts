// From DER to JOSE: numbers of every length, and what is no signature.
import { expect, test } from 'vitest';
import { derToJose } from '../../../../server/src/platform/keys/kms/signature.ts';

/** An ASN.1 INTEGER of a number in hex, as short as DER wants it. */
const integer = (hex: string): Buffer => {
  const bytes = Buffer.from(hex, 'hex');
  const signed = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, signed.length]), signed]);
};
const sequence = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};
const full = (first: string) => first.padEnd(64, 'a5');
const joined = (r: string, s: string) => r.padStart(64, '0') + s.padStart(64, '0');

test.each([
  ['a first bit that is set', full('ff'), full('80')],
  ['a first bit that is not', full('7f'), full('01')],
  ['31 bytes', 'ab'.repeat(31), '7b'.repeat(31)],
  ['very few', '05', '80'],
  ['both kinds', full('80'), '01'],
])('%s', (_, r, s) => {
  const jose = derToJose(sequence(integer(r), integer(s)));
  expect(Buffer.from(jose).toString('hex')).toBe(joined(r, s));
  expect(jose).toHaveLength(64);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['r and s as they are in JOSE', Buffer.alloc(64, 7)],
  ['one number', sequence(integer('05'))],
  ['a number of another curve', sequence(integer('7f'.repeat(48)), integer('7f'.repeat(48)))],
  ['half a signature', sequence(integer(full('11')), integer(full('22'))).subarray(0, 40)],
])('%s is refused', (_, der) => {
  expect(() => derToJose(der)).toThrow(/^the signature is /);
});
