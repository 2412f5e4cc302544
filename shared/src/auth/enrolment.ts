// Contract of a factor that has become active: for the signed-in, and for a sign-in that waited for it.
import { z } from 'zod';
import { PasswordChangeRequired, SignedIn } from './sign-in.ts';

const backup_codes = z
  .array(z.string())
  .nullable()
  .describe('Ten codes, each good once, shown this once; null when the person has some already');

/** `active` for who was signed in; with a `setup_token` the sign-in goes on. */
export const FactorActivated = z.discriminatedUnion('status', [
  z.object({ status: z.literal('active'), backup_codes }),
  SignedIn.extend({ backup_codes }),
  PasswordChangeRequired.extend({ backup_codes }),
]);
export type FactorActivated = z.output<typeof FactorActivated>;
