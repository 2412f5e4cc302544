// Contract of checks: whether a user may do something.
import { z } from 'zod';
import { Id } from '../ids.ts';

const Name = z.string().trim().min(1).max(64);
export const Resource = Name.meta({ example: 'knowledge' });
export const Action = Name.meta({ example: 'CREATE' });
export const PermissionText = z.string().trim().min(1).max(129).meta({ example: 'KNOWLEDGE_CREATE' });
const UserId = Id.optional().describe('Absent: the caller');

/** A check names a pair, or a permission by its name (`KNOWLEDGE_CREATE`) or as `resource:ACTION`. */
export const CheckInput = z.union([
  z.strictObject({ user_id: UserId, resource: Resource, action: Action }),
  z.strictObject({ user_id: UserId, permission: PermissionText }),
]);
export type CheckInput = z.output<typeof CheckInput>;

export const CheckResult = z.object({
  allowed: z.boolean(),
  reason: z.enum(['granted', 'no_permission', 'grant_expired', 'role_inactive', 'user_inactive', 'user_unknown']),
});

export const CheckManyInput = z.strictObject({ checks: z.array(CheckInput).min(1).max(100) });
export type CheckManyInput = z.output<typeof CheckManyInput>;
export const CheckManyResult = z.object({ results: z.array(CheckResult) });
