// Alibaba Cloud's signature V3, ACS3-HMAC-SHA256: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
import { createHash, createHmac } from 'node:crypto';

export interface AliyunRequest {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** With the port where it is not the usual one, as the Host header has it. */
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly query: Readonly<Record<string, string>>;
  readonly at: Date;
  /** Never the same twice. */
  readonly nonce: string;
}

export interface SignedAliyunRequest {
  /** The query in the form that was signed. */
  readonly query: string;
  /** Those beside Host. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs a POST to `/` without a body. */
export function signAliyunRequest(request: AliyunRequest): SignedAliyunRequest {
  const query = Object.entries(request.query)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
  const content = sha256('');
  const headers = {
    'x-acs-action': request.action,
    'x-acs-content-sha256': content,
    'x-acs-date': request.at.toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': request.nonce,
    'x-acs-version': request.version,
  };
  const lines = Object.entries({ host: request.host, ...headers }).map(([name, value]) => `${name}:${value}\n`);
  const signed = ['host', ...Object.keys(headers)].join(';');
  const canonical = ['POST', '/', query, lines.join(''), signed, content].join('\n');
  const signature = createHmac('sha256', request.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${request.accessKeyId},SignedHeaders=${signed},Signature=${signature}`;
  return { query, headers: { ...headers, authorization } };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** RFC 3986 §2.3: encodeURIComponent leaves five characters more than that. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
