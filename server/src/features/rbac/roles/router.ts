// rbac.roles: what may be asked about roles, and by whom they are changed.
import {
  AddPermissionsInput,
  CreateRoleInput,
  DeleteRoleInput,
  ListRolesInput,
  RemovePermissionInput,
  Role,
  RoleFeatures,
  RoleIdInput,
  RolePage,
  SetFeaturesInput,
  UpdateRoleInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { getFeatures, setFeatures } from './features.ts';
import { addPermissions, removePermission } from './permissions.ts';
import { deleteRole } from './removal.ts';
import { createRole, getRole, listRoles, updateRole } from './service.ts';

export const rolesRouter = router({
  list: endpoint({
    access: 'role:READ',
    rest: 'GET /roles',
    summary: 'List roles, highest level first',
    limit: 'read',
  })
    .input(ListRolesInput)
    .output(RolePage)
    .query(({ ctx, input }) => listRoles(ctx, input)),

  get: endpoint({
    access: 'role:READ',
    rest: 'GET /roles/{id}',
    summary: 'Read a role',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(RoleIdInput)
    .output(Role)
    .query(({ ctx, input }) => getRole(ctx, input)),

  create: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /roles',
    summary: 'Make a role, at most of one’s own level and with permissions one holds',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
    limit: 'write',
    stepUp: true,
    status: 201,
    idempotent: true,
  })
    .input(CreateRoleInput)
    .output(Role)
    .mutation(({ ctx, input }) => createRole(ctx, input)),

  update: endpoint({
    access: 'role:MANAGE',
    rest: 'PUT /roles/{id}',
    summary: 'Change a role, in force at once',
    errors: ['NOT_FOUND', 'VERSION_CONFLICT', 'ALREADY_EXISTS', 'BUILTIN_PROTECTED', 'IN_USE'],
    limit: 'write',
    stepUp: true,
  })
    .input(UpdateRoleInput)
    .output(Role)
    .mutation(({ ctx, input }) => updateRole(ctx, input)),

  delete: endpoint({
    access: 'role:MANAGE',
    rest: 'DELETE /roles/{id}',
    summary: 'Remove a role; one that users hold with another for them, or by force',
    errors: ['NOT_FOUND', 'IN_USE', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(DeleteRoleInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteRole(ctx, input)),

  addPermissions: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /roles/{id}/permissions',
    summary: 'Add permissions to a role, in force at once',
    errors: ['NOT_FOUND', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
  })
    .input(AddPermissionsInput)
    .output(Role)
    .mutation(({ ctx, input }) => addPermissions(ctx, input)),

  removePermission: endpoint({
    access: 'role:MANAGE',
    rest: 'DELETE /roles/{id}/permissions/{permission_id}',
    summary: 'Take a permission from a role, in force at once',
    errors: ['NOT_FOUND', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(RemovePermissionInput)
    .output(z.void())
    .mutation(({ ctx, input }) => removePermission(ctx, input)),

  features: router({
    get: endpoint({
      access: 'role:READ',
      rest: 'GET /roles/{id}/features',
      summary: 'Read what a role switches on and off in applications',
      errors: ['NOT_FOUND'],
      limit: 'read',
    })
      .input(RoleIdInput)
      .output(RoleFeatures)
      .query(({ ctx, input }) => getFeatures(ctx, input)),

    set: endpoint({
      access: 'role:MANAGE',
      rest: 'PUT /roles/{id}/features',
      summary: 'Replace what a role switches on and off in applications',
      errors: ['NOT_FOUND', 'VERSION_CONFLICT'],
      limit: 'write',
      stepUp: true,
    })
      .input(SetFeaturesInput)
      .output(RoleFeatures)
      .mutation(({ ctx, input }) => setFeatures(ctx, input)),
  }),
});
