// Contract of roles, permissions and checks.
import { z } from 'zod';
import { Id } from './ids.ts';
import { PageInput, page } from './pagination.ts';

export const Permission = z
  .object({
    id: Id,
    name: z.string(),
    resource: z.string(),
    action: z.string(),
    description: z.string(),
    category: z.string(),
    is_builtin: z.boolean(),
    created_at: z.date(),
  })
  .meta({ id: 'Permission' });
export type Permission = z.output<typeof Permission>;

export const PermissionPage = page(Permission);

export const ListPermissionsInput = PageInput.extend({
  category: z.enum(['knowledge_content', 'system_management', 'content_organization', 'interaction']).optional(),
}).prefault({});
export type ListPermissionsInput = z.output<typeof ListPermissionsInput>;

export const Role = z
  .object({
    id: Id,
    name: z.string(),
    display_name: z.string(),
    description: z.string(),
    level: z.int(),
    status: z.enum(['active', 'inactive']),
    is_builtin: z.boolean(),
    permissions: z.array(z.object({ permission_id: Id, name: z.string(), resource: z.string(), action: z.string() })),
    version: z.int(),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .meta({ id: 'Role' });
export type Role = z.output<typeof Role>;

export const RolePage = page(Role);
export const ListRolesInput = PageInput.prefault({});
export type ListRolesInput = z.output<typeof ListRolesInput>;
export const RoleIdInput = z.strictObject({ id: Id });

const Name = z.string().trim().min(1).max(64);
const Resource = Name.meta({ example: 'knowledge' });
const Action = Name.meta({ example: 'CREATE' });
const UserId = Id.optional().describe('Absent: the caller');

/** A check names a pair, or a permission by its name (`KNOWLEDGE_CREATE`) or as `resource:ACTION`. */
export const CheckInput = z.union([
  z.strictObject({ user_id: UserId, resource: Resource, action: Action }),
  z.strictObject({
    user_id: UserId,
    permission: z.string().trim().min(1).max(129).meta({ example: 'KNOWLEDGE_CREATE' }),
  }),
]);
export type CheckInput = z.output<typeof CheckInput>;

export const CheckResult = z.object({
  allowed: z.boolean(),
  reason: z.enum(['granted', 'no_permission', 'grant_expired', 'role_inactive', 'user_inactive', 'user_unknown']),
});

export const CheckManyInput = z.strictObject({ checks: z.array(CheckInput).min(1).max(100) });
export type CheckManyInput = z.output<typeof CheckManyInput>;
export const CheckManyResult = z.object({ results: z.array(CheckResult) });
