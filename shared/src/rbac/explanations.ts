// Contract of explanations: why a user may do something or not, what would help, and who may do it.
import { z } from 'zod';
import { Id } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';
import { UserStatusSchema } from '../users/users.ts';
import { Action, CheckInput, CheckResult, PermissionText, Resource } from './checks.ts';

export const ExplainInput = CheckInput;
export type ExplainInput = z.output<typeof ExplainInput>;

/** A user as other people's lists show them. */
export const UserRef = z.object({ user_id: Id, username: z.string(), name: z.string().nullable() });

const RoleRef = z.object({ role_id: Id, name: z.string(), level: z.int() });

const Link = z.object({
  grant: z.object({
    role_id: Id,
    role: z.string(),
    granted_by: Id.nullable(),
    granted_at: z.date(),
    expires_at: z.date().nullable(),
  }),
  role: z.object({
    id: Id,
    name: z.string(),
    display_name: z.string(),
    level: z.int(),
    status: z.enum(['active', 'inactive']),
  }),
  permission: z.object({ permission_id: Id, name: z.string(), resource: z.string(), action: z.string() }),
  via_manage: z.boolean().describe('The permission is MANAGE on the resource, which implies the action'),
});

const Obstacle = z.discriminatedUnion('what', [
  z.object({ what: z.literal('user_status'), status: UserStatusSchema }),
  z.object({ what: z.literal('key_scopes') }),
  z.object({ what: z.literal('grant_expired'), role_id: Id, role: z.string(), expires_at: z.date() }),
  z.object({ what: z.literal('role_inactive'), role_id: Id, role: z.string() }),
]);

/** How many roles and people an explanation names. */
export const MOST_NAMED = 20;

export const Explanation = CheckResult.extend({
  asked: z
    .object({ resource: z.string(), action: z.string() })
    .nullable()
    .describe('As it was read; null for a permission that nobody knows'),
  chain: z.array(Link).optional().describe('The live grants of active roles that give it; absent without any'),
  blocked: z.array(Obstacle).describe('What stands in the way; empty where it is allowed'),
  missing: z
    .object({
      roles_that_would_give_it: z.array(RoleRef).describe(`At most ${MOST_NAMED}, lowest level first`),
      who_could_grant: z.array(UserRef).describe(`At most ${MOST_NAMED} who may grant one of them, by user name`),
    })
    .optional()
    .describe('Where no grant gives it, to whoever may read users'),
}).meta({ id: 'Explanation' });
export type Explanation = z.output<typeof Explanation>;

export const WhoCanInput = PageInput.extend({
  resource: Resource.optional(),
  action: Action.optional(),
  permission: PermissionText.optional(),
}).refine(
  ({ resource, action, permission }) =>
    permission === undefined
      ? resource !== undefined && action !== undefined
      : resource === undefined && action === undefined,
  { path: ['permission'], message: 'name either a permission, or a resource and an action' },
);
export type WhoCanInput = z.output<typeof WhoCanInput>;

export const Holder = UserRef.extend({
  roles: z
    .array(z.object({ role_id: Id, name: z.string(), expires_at: z.date().nullable() }))
    .describe('Those by which they may'),
  until: z.date().nullable().describe('When it ends if nothing changes; null: not'),
}).meta({ id: 'Holder' });
export type Holder = z.output<typeof Holder>;

export const HolderPage = page(Holder);
