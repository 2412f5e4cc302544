// Entry `@authcenter/client/qr`: QR codes as SVG, and signing a browser in by a phone.
import { renderSVG } from 'uqr';
import type { AuthCenter } from './create-auth-center.ts';
import { AuthCenterError } from './error.ts';
import { followQr } from './follow-qr.ts';
import type { RouterOutputs } from './router.ts';
import type { LoginInput, LoginResult } from './sign-in.ts';

/**
 * What a phone is to scan, and what stands beside it.
 *
 * @example
 * import type { QrCode } from '@authcenter/client/qr';
 *
 * export const caption = (code: QrCode) => `Scan, then choose ${code.number} on your phone`;
 */
export interface QrCode {
  /** An `<svg>` element as text. */
  readonly svg: string;
  /** The content of the code. */
  readonly url: string;
  /** The person picks it on the phone: show it beside the code. */
  readonly number: number;
  /** From then on another code takes its place. */
  readonly expiresAt: Date;
}

/**
 * How far a sign-in by QR code is.
 *
 * @example
 * import type { QrSignInStatus } from '@authcenter/client/qr';
 *
 * export const isScanned = (status: QrSignInStatus) => status === 'scanned';
 */
export type QrSignInStatus =
  RouterOutputs['auth']['qr']['watch'] extends AsyncIterable<{ status: infer S }> ? S : never;

/**
 * A text as a QR code, for instance the `otpauth_url` of an authenticator app.
 *
 * @param text - at most about 2,900 bytes
 * @returns an `<svg>` element as text, as wide as its place
 * @example
 * import { renderQr } from '@authcenter/client/qr';
 *
 * const svg = renderQr('otpauth://totp/AuthCenter:li.lei?secret=JBSWY3DPEHPK3PXP');
 * console.log(svg.startsWith('<svg'));
 */
export const renderQr = (text: string): string => renderSVG(text);

/**
 * Signs this browser in by a phone that is signed in already: shows a code, waits for the phone, takes the session. A code that was not
 * used in time is replaced by another.
 *
 * @param center - of `createAuthCenter`
 * @param options - `onCode` shows a code, at first and whenever it is replaced; `onStatus` is told of each step; `device` as for
 *   `login`; `signal` gives up
 * @returns as `auth.login`
 * @throws AuthCenterError `ACCESS_DENIED` when the phone refused or picked the wrong number, `ABORTED`, `ACCOUNT_DISABLED`, `NETWORK_ERROR`
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { signInByQr } from '@authcenter/client/qr';
 *
 * const center = createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie' });
 * const result = await signInByQr(center, {
 *   onCode: ({ svg, number }) => console.log(svg, number),
 *   onStatus: (status) => console.log(status),
 * });
 * console.log(result.status);
 */
export async function signInByQr(
  center: AuthCenter,
  options: {
    readonly onCode: (code: QrCode) => void;
    readonly onStatus?: (status: QrSignInStatus) => void;
    readonly device?: LoginInput['device'];
    readonly signal?: AbortSignal;
  },
): Promise<LoginResult> {
  const { onCode, onStatus, device, signal } = options;
  const named = device ? { device } : {};
  const call = signal ? { signal } : {};
  for (;;) {
    const {
      qr_id,
      qr_secret,
      qr_url: url,
      number,
      expires_at: expiresAt,
    } = await center.api.auth.qr.create.mutate(named, call);
    onCode({ svg: renderQr(url), url, number, expiresAt });
    const status = await followQr(center.url, qr_id, onStatus, signal);
    if (status === 'confirmed') return center.auth.claimQr({ qr_id, qr_secret, ...named }, call);
    if (status !== 'expired')
      throw new AuthCenterError({ code: 'ACCESS_DENIED', detail: 'The sign-in was refused on the phone' });
  }
}
