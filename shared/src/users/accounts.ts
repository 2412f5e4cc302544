// Contract of accounts that administrators make, invite to and remove.
import { z } from 'zod';
import { Email, Id, Password, Phone, Username } from '../ids.ts';
import { ProfileInput } from './users.ts';

const MAX_ROLES = 20;

export const CreateUserInput = z
  .strictObject({
    username: Username,
    email: Email.optional(),
    phone: Phone.optional(),
    profile: ProfileInput.optional(),
    password: Password.optional().describe(
      'Has to be replaced at the first sign-in; absent: an invitation goes to the address, or to the phone where there is none',
    ),
    role_ids: z
      .array(Id)
      .min(1)
      .max(MAX_ROLES)
      .optional()
      .describe('Absent: the role User alone; any other demands role:MANAGE'),
  })
  .refine((user) => user.password !== undefined || user.email !== undefined || user.phone !== undefined, {
    error: 'an address, a phone number or a password is needed',
    path: ['email'],
  });
export type CreateUserInput = z.output<typeof CreateUserInput>;
