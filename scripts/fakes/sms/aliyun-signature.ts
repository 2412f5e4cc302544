// How Alibaba Cloud's gateway judges a request signed with ACS3-HMAC-SHA256, worked out from the request as it arrived.
import { createHash, createHmac } from 'node:crypto';
import { type FakeRequest, headerOf } from './fake.ts';

const SKEW = 15 * 60_000;

interface GatewayContext {
  readonly key: { readonly id: string; readonly secret: string };
  readonly now: Date;
  /** Those that were used. */
  readonly nonces: Set<string>;
}

interface GatewayRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Null when it may pass. */
export function judgeAliyunRequest(request: FakeRequest, { key, now, nonces }: GatewayContext): GatewayRefusal | null {
  const refuse = (status: number, code: string, message: string): GatewayRefusal => ({ status, code, message });
  const authorization = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(
    headerOf(request, 'authorization'),
  );
  const [, id, signedHeaders = '', signature] = authorization ?? [];
  if (id === undefined)
    return refuse(400, 'IncompleteSignature', 'The request signature does not conform to standards.');
  if (id !== key.id) return refuse(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');

  const date = headerOf(request, 'x-acs-date');
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(at))
    return refuse(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');
  if (Math.abs(now.getTime() - at) > SKEW)
    return refuse(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');

  const names = signedHeaders.split(';');
  const unsigned = Object.keys(request.headers).filter((name) => isPublic(name) && !names.includes(name));
  const content = createHash('sha256').update(request.body).digest('hex');
  const canonical = canonicalRequest(request, names, content);
  const toSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
  const expected = createHmac('sha256', key.secret).update(toSign).digest('hex');
  const isWhole = unsigned.length === 0 && headerOf(request, 'x-acs-content-sha256') === content;
  // The real one shows the request as well, number and code with it.
  if (!isWhole || signature !== expected) {
    const message = `Specified signature does not match our calculation. server string to sign is [ ${toSign} ], server canonicalRequest is [ ${canonical} ]`;
    return refuse(400, 'SignatureDoesNotMatch', message);
  }
  const nonce = headerOf(request, 'x-acs-signature-nonce');
  if (nonce === '' || nonces.has(nonce))
    return refuse(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.');
  nonces.add(nonce);
  return null;
}

const isPublic = (name: string): boolean => name === 'host' || name === 'content-type' || name.startsWith('x-acs-');

function canonicalRequest(request: FakeRequest, names: readonly string[], content: string): string {
  const [path = '', query = ''] = request.target.split('?');
  const headers = [...names].sort().map((name) => `${name}:${headerOf(request, name).trim()}\n`);
  return `${request.method}\n${path}\n${canonicalQuery(query)}\n${headers.join('')}\n${[...names].sort().join(';')}\n${content}`;
}

function canonicalQuery(query: string): string {
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('=').map(decode));
  return pairs
    .map(([name = '', value = '']) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map((pair) => pair.join('='))
    .join('&');
}

const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '));

/** Byte by byte: what RFC 3986 §2.3 calls unreserved stays, all else is two digits of sixteen. */
const percentEncode = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
