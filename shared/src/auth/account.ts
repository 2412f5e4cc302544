// Contract of one's own contacts and of leaving.
import { z } from 'zod';
import { Email, Phone } from '../ids.ts';
import { ChallengeId, Code } from './codes.ts';

/** A code sent there by auth.otp.send with the purpose `bind` proves the address. */
export const BindContactInput = z.union([
  z.strictObject({ email: Email, code: Code, challenge_id: ChallengeId.optional() }),
  z.strictObject({ phone: Phone, code: Code, challenge_id: ChallengeId.optional() }),
]);
export type BindContactInput = z.output<typeof BindContactInput>;

export const RemoveContactInput = z.strictObject({ contact: z.enum(['email', 'phone']) });
export type RemoveContactInput = z.output<typeof RemoveContactInput>;

export const AccountDeletion = z.object({
  deletion_due_at: z.date().describe('Until then signing in calls it off'),
});
export type AccountDeletion = z.output<typeof AccountDeletion>;
