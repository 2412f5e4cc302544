// Contract of roles: named sets of permissions with a level.
import { z } from 'zod';
import { Id, line, lineOrNothing } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

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

const fields = {
  /** Nothing invisible, and nothing that only looks like another name: tokens and gateways tell roles by it. */
  name: z
    .string()
    .trim()
    .normalize('NFKC')
    .max(64)
    .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} _.-]*$/u, 'must be letters, digits, spaces and _ . -')
    .meta({ example: 'Reviewer', description: 'Unique without regard to case' }),
  display_name: line(64).meta({ example: '审核员' }),
  description: lineOrNothing(500).meta({ example: '审核知识库内容' }),
  level: z.int().min(0).meta({ example: 2, description: 'At most one’s own highest' }),
};
const version = z.int().describe('The one that was read; VERSION_CONFLICT when it has changed since');
const permissionIds = z.array(Id).max(500);

export const CreateRoleInput = z.strictObject({
  name: fields.name,
  display_name: fields.display_name,
  description: fields.description.default(''),
  level: fields.level,
  permission_ids: permissionIds.default([]),
});
export type CreateRoleInput = z.output<typeof CreateRoleInput>;

export const UpdateRoleInput = z.strictObject({
  id: Id,
  version,
  name: fields.name.optional(),
  display_name: fields.display_name.optional(),
  description: fields.description.optional(),
  level: fields.level.optional(),
  status: z.enum(['active', 'inactive']).describe('Of an inactive role the grants stay and the rights stop').optional(),
});
export type UpdateRoleInput = z.output<typeof UpdateRoleInput>;

export const DeleteRoleInput = z
  .strictObject({
    id: Id,
    reassign_to: Id.describe('Whoever holds the role now gets that one, for as long').optional(),
    force: z.boolean().default(false).describe('Takes it from whoever holds it'),
  })
  .refine(({ reassign_to, force }) => reassign_to === undefined || !force, {
    error: 'is for a role that nobody gets another for',
    path: ['force'],
  });
export type DeleteRoleInput = z.output<typeof DeleteRoleInput>;

export const AddPermissionsInput = z.strictObject({ id: Id, permission_ids: permissionIds.min(1) });
export type AddPermissionsInput = z.output<typeof AddPermissionsInput>;

export const RemovePermissionInput = z.strictObject({ id: Id, permission_id: Id });
export type RemovePermissionInput = z.output<typeof RemovePermissionInput>;

const FeatureName = z.string().regex(/^[A-Z][A-Z_]{0,63}$/, 'must be upper case letters and _');
const MOST_FEATURES = 8192;

/** Switches of an application, by feature and act: what LibreChat's roles hold. AuthCenter gives them no meaning. */
export const Features = z
  .record(FeatureName, z.record(FeatureName, z.boolean()))
  .refine((features) => JSON.stringify(features).length <= MOST_FEATURES, { error: 'must be at most 8 KB as JSON' })
  .meta({ example: { PROMPTS: { USE: true, CREATE: false } } });
export type Features = z.output<typeof Features>;

export const RoleFeatures = z.object({
  features: z.record(z.string(), z.record(z.string(), z.boolean())),
  version: z.int().describe('The role’s'),
});
export type RoleFeatures = z.output<typeof RoleFeatures>;

export const SetFeaturesInput = z.strictObject({ id: Id, version, features: Features });
export type SetFeaturesInput = z.output<typeof SetFeaturesInput>;
