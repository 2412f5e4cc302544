// Contract of one-time codes and links: what proves a phone number or an e-mail address.
import { z } from 'zod';
import { Email, Phone } from '../ids.ts';

/** Six digits as sent; spaces between them are read over. */
export const Code = z
  .string()
  .max(32)
  .transform((typed) => typed.normalize('NFKC').replaceAll(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'must be six digits'))
  .meta({ example: '123456' });

export const ChallengeId = z
  .string()
  .regex(/^[\w-]{16,64}$/, 'is not a challenge id')
  .describe('As auth.otp.send answered it; may be left out by a caller from the same network address')
  .meta({ example: 'u3Vb1nqkTqW0l5x8dJmZyA' });

/** What everything that sends a message to an unproven target takes. */
export const sendsMessage = {
  captcha: z.string().min(1).max(4096).optional().describe('The answer to a captcha, after CAPTCHA_REQUIRED'),
};

/** `bind` and `step_up` are for the signed-in: a new address, or one of their own. */
export const SendCodeInput = z.union([
  z.strictObject({
    phone: Phone,
    purpose: z.enum(['login', 'register', 'reset_password', 'bind', 'step_up']),
    ...sendsMessage,
  }),
  z.strictObject({ email: Email, purpose: z.enum(['login', 'bind', 'step_up']), ...sendsMessage }),
]);
export type SendCodeInput = z.output<typeof SendCodeInput>;

export const SentCode = z.object({
  challenge_id: z.string(),
  expires_in: z.int().describe('Seconds'),
  resend_after: z.int().describe('Seconds until another may be asked for'),
});
export type SentCode = z.output<typeof SentCode>;

export const VerifyEmailInput = z.strictObject({ token: z.string().min(1).max(200) });
export type VerifyEmailInput = z.output<typeof VerifyEmailInput>;
export const VerifyEmailResult = z.object({ status: z.literal('verified') });

export const ResendEmailInput = z.strictObject({ email: Email, ...sendsMessage });
export type ResendEmailInput = z.output<typeof ResendEmailInput>;
