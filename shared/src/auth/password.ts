// Contract of forgotten and changed passwords.
import { z } from 'zod';
import { Email, Password, Phone } from '../ids.ts';
import { ChallengeId, Code, sendsMessage } from './codes.ts';
import { TicketToken } from './factors.ts';

export const ForgotPasswordInput = z.union([
  z.strictObject({ email: Email, ...sendsMessage }),
  z.strictObject({ phone: Phone, ...sendsMessage }),
]);
export type ForgotPasswordInput = z.output<typeof ForgotPasswordInput>;

export const ResetPasswordInput = z.union([
  z.strictObject({ token: z.string().min(1).max(200).describe('From the link of the mail'), new_password: Password }),
  z.strictObject({ phone: Phone, code: Code, challenge_id: ChallengeId.optional(), new_password: Password }),
  z.strictObject({ change_token: TicketToken, new_password: Password }),
]);
export type ResetPasswordInput = z.output<typeof ResetPasswordInput>;

export const ChangePasswordInput = z.strictObject({
  old_password: Password.optional().describe('Absent: after a proof of at most 10 minutes'),
  new_password: Password,
});
export type ChangePasswordInput = z.output<typeof ChangePasswordInput>;
