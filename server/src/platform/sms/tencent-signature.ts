// Tencent Cloud's signature TC3-HMAC-SHA256: https://cloud.tencent.com/document/api/382/52072
import { createHash, createHmac } from 'node:crypto';

export interface TencentRequest {
  readonly secretId: string;
  readonly secretKey: string;
  readonly service: string;
  /** With the port where it is not the usual one, as the Host header has it. */
  readonly host: string;
  readonly body: string;
  readonly at: Date;
}

const CONTENT_TYPE = 'application/json; charset=utf-8';
const SIGNED = 'content-type;host';

/** Signs a POST of JSON to `/`; the headers go with it beside those of the action. */
export function signTencentRequest({ secretId, secretKey, service, host, body, at }: TencentRequest) {
  const seconds = String(Math.floor(at.getTime() / 1000));
  // The day of the timestamp in UTC; a local one would be refused for some hours of every day.
  const date = at.toISOString().slice(0, 10);
  const scope = `${date}/${service}/tc3_request`;
  const canonical = ['POST', '/', '', `content-type:${CONTENT_TYPE}\nhost:${host}\n`, SIGNED, sha256(body)].join('\n');
  const key = [date, service, 'tc3_request'].reduce<string | Buffer>(hmac, `TC3${secretKey}`);
  const signature = hmac(key, `TC3-HMAC-SHA256\n${seconds}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return {
    authorization: `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${SIGNED}, Signature=${signature}`,
    'content-type': CONTENT_TYPE,
    'x-tc-timestamp': seconds,
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
