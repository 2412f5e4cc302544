// A QR sign-in as one value that only moves forward: pure, over the document and the clock.
import type { QrStatus } from '@authcenter/shared';

/** In ms. */
export const QR_LIFE = 2 * 60_000;

export interface QrFacts {
  readonly status: 'pending' | 'scanned' | 'confirmed' | 'rejected' | 'claimed';
  readonly expires_at: Date;
}

/** What the browser is told. Whatever was not claimed in time has expired. */
export const tellStatus = ({ status, expires_at }: QrFacts, now: Date): QrStatus['status'] =>
  status === 'claimed' || status === 'rejected' || expires_at.getTime() > now.getTime() ? status : 'expired';

/** Nothing comes after it. */
export const isFinal = (status: QrStatus['status']): boolean =>
  status === 'claimed' || status === 'rejected' || status === 'expired';
