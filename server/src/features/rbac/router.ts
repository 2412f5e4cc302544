// What may be asked about roles, permissions and rights, and by whom.
import {
  CheckInput,
  CheckManyInput,
  CheckManyResult,
  CheckResult,
  ListPermissionsInput,
  ListRolesInput,
  PermissionPage,
  Role,
  RoleIdInput,
  RolePage,
} from '@authcenter/shared';
import { self } from '../../access.ts';
import { endpoint, router } from '../../procedure.ts';
import { checkPermission, checkPermissions, getRole, listPermissions, listRoles } from './service.ts';

export const rbacRouter = router({
  roles: router({
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
  }),

  permissions: router({
    list: endpoint({
      access: 'role:READ',
      rest: 'GET /permissions',
      summary: 'List permissions by name',
      limit: 'read',
    })
      .input(ListPermissionsInput)
      .output(PermissionPage)
      .query(({ ctx, input }) => listPermissions(ctx, input)),
  }),

  check: endpoint({
    access: [self('user_id'), 'user:READ', 'client:rbac:check'],
    rest: 'POST /rbac/check',
    summary: 'Ask whether a user may do something, and why',
    limit: 'verify',
  })
    .input(CheckInput)
    .output(CheckResult)
    .query(({ ctx, input }) => checkPermission(ctx, input)),

  checkMany: endpoint({
    access: [self('checks[].user_id'), 'user:READ', 'client:rbac:check'],
    rest: 'POST /rbac/check-many',
    summary: 'Ask up to 100 checks at once',
    limit: 'verify',
  })
    .input(CheckManyInput)
    .output(CheckManyResult)
    .query(({ ctx, input }) => checkPermissions(ctx, input)),
});
