// Time-based one-time passwords (RFC 6238) by otpauth: SHA-1, six digits, 30 seconds, as every authenticator app reads them.
import { Secret, TOTP } from 'otpauth';

const PERIOD = 30;
/** Steps either way in which a code still counts: clocks differ (RFC 6238 §5.2). */
const WINDOW = 1;

const build = (secret: string, label = '', issuer = '') =>
  new TOTP({ secret: Secret.fromBase32(secret), period: PERIOD, digits: 6, algorithm: 'SHA1', label, issuer });

/** 160 bits (RFC 4226 §4), base32. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32;

/** The content of the QR code that an app scans. */
export const writeTotpUrl = (secret: string, account: string, issuer: string): string =>
  build(secret, account, issuer).toString();

/** @returns the time step the code is of; null when it is of none that counts now */
export function findTotpStep(secret: string, code: string, now: Date): number | null {
  // otpauth compares buffers: of six characters that are more bytes it throws.
  if (!/^\d{6}$/.test(code)) return null;
  const timestamp = now.getTime();
  const delta = build(secret).validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? null : Math.floor(timestamp / 1000 / PERIOD) + delta;
}
