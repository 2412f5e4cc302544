// rbac.permissions: what may be asked about permissions, and by whom they are changed.
import {
  CreatePermissionInput,
  ListPermissionsInput,
  Permission,
  PermissionIdInput,
  PermissionPage,
  UpdatePermissionInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { createPermission, deletePermission, listPermissions, updatePermission } from './service.ts';

export const permissionsRouter = router({
  list: endpoint({
    access: 'role:READ',
    rest: 'GET /permissions',
    summary: 'List permissions by name',
    limit: 'read',
  })
    .input(ListPermissionsInput)
    .output(PermissionPage)
    .query(({ ctx, input }) => listPermissions(ctx, input)),

  create: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /permissions',
    summary: 'Make a permission; the role Admin holds it from the start',
    errors: ['ALREADY_EXISTS'],
    limit: 'write',
    stepUp: true,
    status: 201,
    idempotent: true,
  })
    .input(CreatePermissionInput)
    .output(Permission)
    .mutation(({ ctx, input }) => createPermission(ctx, input)),

  update: endpoint({
    access: 'role:MANAGE',
    rest: 'PUT /permissions/{id}',
    summary: 'Rename or describe a permission; what it stands for never changes',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
  })
    .input(UpdatePermissionInput)
    .output(Permission)
    .mutation(({ ctx, input }) => updatePermission(ctx, input)),

  delete: endpoint({
    access: 'role:MANAGE',
    rest: 'DELETE /permissions/{id}',
    summary: 'Remove a permission, from every role too',
    errors: ['NOT_FOUND', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(PermissionIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deletePermission(ctx, input)),
});
