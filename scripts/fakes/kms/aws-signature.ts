// How AWS judges a request signed with Signature Version 4, worked out from the request as it arrived:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, createHmac } from 'node:crypto';
import type { ReceivedRequest } from '../http.ts';

const SKEW = 5 * 60_000;

export interface AwsKey {
  readonly id: string;
  readonly secret: string;
  readonly sessionToken: string;
}

export interface Judgement {
  readonly key: AwsKey;
  readonly region: string;
  readonly service: string;
  readonly now: Date;
}

/** Null when it may pass, else the error's name. */
export function judgeAwsRequest(request: ReceivedRequest, { key, region, service, now }: Judgement): string | null {
  const authorization =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, id, date = '', inRegion, forService, signedHeaders = '', signature] =
    authorization.exec(headerOf(request, 'authorization')) ?? [];
  if (id === undefined) return 'IncompleteSignatureException';
  if (id !== key.id || headerOf(request, 'x-amz-security-token') !== key.sessionToken)
    return 'UnrecognizedClientException';
  const at = headerOf(request, 'x-amz-date');
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!(Math.abs(time - now.getTime()) <= SKEW) || !at.startsWith(date)) return 'InvalidSignatureException';
  const names = signedHeaders.split(';');
  // Host, and every x-amz- header there is, must be signed.
  const needed = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  const isWhole = inRegion === region && forService === service && needed.every((name) => names.includes(name));
  const scope = { secret: key.secret, names, at, date, region, service };
  return isWhole && signature === signatureOf(request, scope) ? null : 'InvalidSignatureException';
}

interface Scope {
  readonly secret: string;
  readonly names: readonly string[];
  readonly at: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

function signatureOf(request: ReceivedRequest, { secret, names, at, date, region, service }: Scope): string {
  const [path = '', query = ''] = request.target.split('?');
  const headers = names.map((name) => `${name}:${headerOf(request, name).trim().replaceAll(/ +/g, ' ')}\n`).join('');
  const canonical = [request.method, path, query, headers, names.join(';'), sha256(request.body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', at, `${date}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, toSign).toString('hex');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const headerOf = ({ headers }: ReceivedRequest, name: string): string => [headers[name] ?? ''].flat().join(',');
