// Contract of simulations: who would gain or lose what by a change that is not made.
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { Id } from '../ids.ts';
import { UserStatusSchema } from '../users/users.ts';
import { UserRef } from './explanations.ts';

const PermissionIds = z.array(Id).max(500).optional();

export const SimulateInput = z.discriminatedUnion('change', [
  z.strictObject({
    change: z.literal('role.update'),
    role_id: Id,
    status: z.enum(['active', 'inactive']).optional(),
    level: z.int().min(0).optional(),
    add_permission_ids: PermissionIds,
    remove_permission_ids: PermissionIds,
  }),
  z.strictObject({ change: z.literal('role.delete'), role_id: Id, reassign_to: Id.optional() }),
  z.strictObject({
    change: z.literal('grant.assign'),
    user_id: Id,
    role_id: Id,
    expires_at: z.date().nullable().optional(),
  }),
  z.strictObject({ change: z.literal('grant.remove'), user_id: Id, role_id: Id }),
  z.strictObject({ change: z.literal('user.status'), user_id: Id, status: UserStatusSchema }),
  z.strictObject({ change: z.literal('permission.delete'), permission_id: Id }),
]);
export type SimulateInput = z.output<typeof SimulateInput>;

/** How many people of either kind a simulation names. */
export const MOST_SAMPLED = 100;

const Pair = z.string().meta({ example: 'knowledge:PUBLISH' });

const Difference = z.object({
  users: z.int(),
  by_pair: z.array(z.object({ pair: Pair, users: z.int() })).describe('Of permissions that there are, sorted'),
  sample: z
    .array(UserRef.extend({ pairs: z.array(Pair) }))
    .describe(`The first ${MOST_SAMPLED} by user name, each with all of their pairs`),
});

export const Simulation = z
  .object({
    affected_users: z.int().describe('Who would gain or lose something, each once'),
    gained: Difference,
    lost: Difference,
    permitted: z
      .boolean()
      .describe('Whether the caller may make this change now, apart from a fresh proof of identity'),
    refused: z
      .object({
        code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
        permission: z.string().optional(),
        detail: z.string(),
      })
      .optional(),
  })
  .meta({ id: 'Simulation' });
export type Simulation = z.output<typeof Simulation>;
