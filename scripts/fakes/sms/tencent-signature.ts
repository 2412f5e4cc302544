// How Tencent Cloud's gateway judges a request signed with TC3-HMAC-SHA256, worked out from the request as it arrived.
import { createHash, createHmac } from 'node:crypto';
import { type FakeRequest, headerOf } from './fake.ts';

const SKEW_SECONDS = 300;

/** Null when it may pass, else code and message. */
export function judgeTencentRequest(
  request: FakeRequest,
  { key, now }: { readonly key: { readonly id: string; readonly secret: string }; readonly now: Date },
): readonly [code: string, message: string] | null {
  const authorization =
    /^TC3-HMAC-SHA256 Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/(\w+)\/tc3_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, id, date = '', service = '', signedHeaders = '', signature] =
    authorization.exec(headerOf(request, 'authorization')) ?? [];
  if (id === undefined) return ['AuthFailure.InvalidAuthorization', 'The authorization header is invalid.'];
  if (id !== key.id) return ['AuthFailure.SecretIdNotFound', 'The SecretId is not found.'];

  const timestamp = headerOf(request, 'x-tc-timestamp');
  const skew = Math.abs(Math.floor(now.getTime() / 1000) - Number(timestamp));
  if (!/^\d{10}$/.test(timestamp) || skew > SKEW_SECONDS)
    return ['AuthFailure.SignatureExpire', 'The signature is expired; check the time of your system.'];

  const names = signedHeaders.split(';');
  const day = new Date(Number(timestamp) * 1000);
  const utcDate = [day.getUTCFullYear(), pad(day.getUTCMonth() + 1), pad(day.getUTCDate())].join('-');
  const isWhole = date === utcDate && service === 'sms' && names.includes('host') && names.includes('content-type');
  if (!isWhole || signature !== signatureOf(request, { secret: key.secret, names, date, service, timestamp }))
    return [
      'AuthFailure.SignatureFailure',
      'The provided credentials could not be validated. Please check your signature is correct.',
    ];
  return null;
}

const pad = (part: number): string => String(part).padStart(2, '0');

interface Scope {
  readonly secret: string;
  readonly names: readonly string[];
  readonly date: string;
  readonly service: string;
  readonly timestamp: string;
}

function signatureOf(request: FakeRequest, { secret, names, date, service, timestamp }: Scope): string {
  const [path = '', query = ''] = request.target.split('?');
  const headers = names.map((name) => `${name}:${headerOf(request, name).toLowerCase().trim()}\n`).join('');
  const payload = createHash('sha256').update(request.body).digest('hex');
  const canonical = `${request.method}\n${path}\n${query}\n${headers}\n${names.join(';')}\n${payload}`;
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const secretDate = createHmac('sha256', `TC3${secret}`).update(date).digest();
  const secretService = createHmac('sha256', secretDate).update(service).digest();
  const secretSigning = createHmac('sha256', secretService).update('tc3_request').digest();
  return createHmac('sha256', secretSigning)
    .update(`TC3-HMAC-SHA256\n${timestamp}\n${date}/${service}/tc3_request\n${hashed}`)
    .digest('hex');
}
