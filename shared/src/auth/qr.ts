// Contract of signing in by QR code: a browser shows it, a signed-in phone scans and confirms.
import { z } from 'zod';
import { Device, opensSession } from './sign-in.ts';

const QrId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'is not the id of a QR sign-in')
  .meta({ example: 'q8jYp1Zr0aVb3cXw5nLk7g' });

const QrSecret = z.string().min(20).max(200).meta({ example: 'Zr0aVb3cXw5nLk7gq8jYp1Zr0aVb3cXw5nLk7gq8jYo' });

export const CreateQrInput = z.strictObject({ device: Device.optional() }).prefault({});
export type CreateQrInput = z.output<typeof CreateQrInput>;

export const QrLogin = z.object({
  qr_id: z.string(),
  qr_secret: z.string().describe('Stays in the browser that shows the code; claims the session'),
  qr_url: z.string().describe('The content of the QR code; it holds no secret'),
  number: z.int().describe('Shown beside the code; the person picks it on the phone'),
  expires_at: z.date(),
});
export type QrLogin = z.output<typeof QrLogin>;

export const QrIdInput = z.strictObject({ qr_id: QrId });
export type QrIdInput = z.output<typeof QrIdInput>;

export const QrStatus = z.object({
  status: z.enum(['pending', 'scanned', 'confirmed', 'rejected', 'expired', 'claimed']),
});
export type QrStatus = z.output<typeof QrStatus>;

/** What the phone shows, so that the person can tell whether it is the browser before them. */
export const QrScan = z.object({
  device: z.object({
    user_agent: z.string().nullable(),
    device_name: z.string().nullable(),
    ip: z.string().nullable(),
  }),
  numbers: z.array(z.int()).describe('One of them stands beside the code in the browser'),
  expires_at: z.date(),
});
export type QrScan = z.output<typeof QrScan>;

export const ConfirmQrInput = z.strictObject({
  qr_id: QrId,
  number: z.int().describe('The one shown in the browser; a wrong one ends it'),
});
export type ConfirmQrInput = z.output<typeof ConfirmQrInput>;

export const ClaimQrInput = z.strictObject({ qr_id: QrId, qr_secret: QrSecret, ...opensSession });
export type ClaimQrInput = z.output<typeof ClaimQrInput>;
