// Signing compact JWS (RFC 7515 §7.1), and checking those with a MAC, by node's own synchronous primitives: WebCrypto's way to another thread and back takes longer than a signature.
import { createHmac, type KeyObject, sign, timingSafeEqual } from 'node:crypto';

export interface JwsHeader {
  readonly alg: string;
  readonly kid: string;
  readonly typ: string;
}

type Signer = (input: Buffer, key: KeyObject) => Buffer;

const hmac: Signer = (input, key) => createHmac('sha256', key).update(input).digest();

/** RFC 7518 §3.1, RFC 8037 §3.1. An ECDSA signature is R and S side by side (RFC 7518 §3.4), not in DER. */
const SIGNERS: ReadonlyMap<string, Signer> = new Map([
  ['ES256', (input: Buffer, key: KeyObject) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })],
  ['RS256', (input: Buffer, key: KeyObject) => sign('sha256', input, key)],
  ['EdDSA', (input: Buffer, key: KeyObject) => sign(null, input, key)],
  ['HS256', hmac],
]);

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function signJws(header: JwsHeader, payload: object, key: KeyObject): string {
  const signer = SIGNERS.get(header.alg);
  if (!signer) throw new Error(`no way to sign by ${header.alg}`);
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signer(Buffer.from(input), key).toString('base64url')}`;
}

/** The payload of a JWS by HS256, as text; null when the MAC is not that of the key. */
export function openMac(token: string, key: KeyObject): string | null {
  const [header = '', payload = '', mac = '', ...rest] = token.split('.');
  if (rest.length > 0) return null;
  // As text: one spelling is right, not whatever decodes to the same bytes.
  const expected = Buffer.from(hmac(Buffer.from(`${header}.${payload}`), key).toString('base64url'));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return Buffer.from(payload, 'base64url').toString();
}
