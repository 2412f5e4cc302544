// ECDSA signatures from the form of X.509 (RFC 3279 §2.2.3: DER of r and s) into that of JOSE (RFC 7518 §3.4: 32 bytes each).
import { ECDSASigValue } from '@peculiar/asn1-ecc';
import { AsnConvert } from '@peculiar/asn1-schema';
import { KmsError } from './kms.ts';

const BYTES = 32;

export function derToJose(der: Uint8Array): Uint8Array<ArrayBuffer> {
  let value: ECDSASigValue;
  try {
    value = AsnConvert.parse(der, ECDSASigValue);
  } catch {
    throw new KmsError('the signature is not in DER form');
  }
  const joined = new Uint8Array(2 * BYTES);
  joined.set(toFixed(value.r), 0);
  joined.set(toFixed(value.s), BYTES);
  return joined;
}

/** An ASN.1 integer has a zero before a first bit that is set, and no other leading zeros. */
function toFixed(integer: ArrayBuffer): Uint8Array {
  const bytes = new Uint8Array(integer);
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start === -1 ? new Uint8Array() : bytes.subarray(start);
  if (significant.length > BYTES) throw new KmsError('the signature is of another curve');
  const fixed = new Uint8Array(BYTES);
  fixed.set(significant, BYTES - significant.length);
  return fixed;
}
