// Codes as authenticator apps show them (RFC 6238 over RFC 4226): SHA-1, six digits, another one every 30 seconds.

/** In seconds. */
const PERIOD = 30;
/** Steps either way in which a code still counts: clocks differ (RFC 6238 §5.2). */
const WINDOW = [0, -1, 1];

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 160 bits (RFC 4226 §4) in base32 (RFC 4648 §6): five of them a letter, and none over. */
export function newTotpSecret(): string {
  const bits = Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => byte.toString(2).padStart(8, '0'));
  return bits.join('').replaceAll(/.{5}/g, (five) => BASE32.charAt(Number.parseInt(five, 2)));
}

function readBase32(secret: string): Uint8Array<ArrayBuffer> {
  const bits = Array.from(secret, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => Number.parseInt(eight, 2));
}

/** The content of the QR code that an app scans. */
export function writeTotpUrl(secret: string, account: string, issuer: string): string {
  const [by, whose] = [encodeURIComponent(issuer), encodeURIComponent(account)];
  return `otpauth://totp/${by}:${whose}?issuer=${by}&secret=${secret}&algorithm=SHA1&digits=6&period=${PERIOD}`;
}

export const stepOf = (time: Date): number => Math.floor(time.getTime() / 1000 / PERIOD);

/** Four bytes of the HMAC of the step, at where its last four bits say (RFC 4226 §5.3). */
export async function computeTotp(secret: string, step: number): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', readBase32(secret), algorithm, false, ['sign']);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const hash = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  const number = hash.getUint32(hash.getUint8(19) & 0x0f) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** @returns the step that the code is of; null when it is of none that counts now */
export async function findTotpStep(secret: string, code: string, now: Date): Promise<number | null> {
  const steps = WINDOW.map((delta) => stepOf(now) + delta);
  const codes = await Promise.all(steps.map((step) => computeTotp(secret, step)));
  return steps[codes.indexOf(code)] ?? null;
}
