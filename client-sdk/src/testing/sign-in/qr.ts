// Sign-ins by QR code as the fake keeps them.
import type { QrScan, QrStatus } from '@authcenter/shared/schemas';

export interface QrRecord {
  readonly secret: string;
  readonly number: number;
  readonly scan: QrScan;
  status: Exclude<QrStatus['status'], 'expired'>;
  /** The phone that has scanned it. */
  phone: { readonly userId: string; readonly sid: string; readonly methods: readonly string[] } | null;
}

/** In ms. */
export const QR_LIFE = 120_000;

/** Whatever was not claimed in time has expired. */
export const tellStatus = ({ status, scan }: QrRecord, now: Date): QrStatus['status'] =>
  status === 'claimed' || status === 'rejected' || scan.expires_at > now ? status : 'expired';
