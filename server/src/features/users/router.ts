// What may be asked about users, and by whom.
import {
  AssignRoleInput,
  ListUsersInput,
  RemoveRoleInput,
  SetUserStatusInput,
  UpdateUserInput,
  User,
  UserIdInput,
  UserPage,
  UserPermissions,
} from '@authcenter/shared';
import { z } from 'zod';
import { self } from '../../access.ts';
import { endpoint, router } from '../../procedure.ts';
import { assignRole, removeRole, setStatus } from './grants.ts';
import { getUser, listUserPermissions, listUsers, updateUser } from './service.ts';

export const usersRouter = router({
  list: endpoint({ access: 'user:READ', rest: 'GET /users', summary: 'List users', limit: 'read' })
    .input(ListUsersInput)
    .output(UserPage)
    .query(({ ctx, input }) => listUsers(ctx, input)),

  get: endpoint({
    access: [self('id'), 'user:READ', 'client:users:read'],
    rest: 'GET /users/{id}',
    summary: 'Read a user',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(UserIdInput)
    .output(User)
    .query(({ ctx, input }) => getUser(ctx, input)),

  update: endpoint({
    access: [self('id'), 'user:UPDATE'],
    rest: 'PUT /users/{id}',
    summary: 'Change the named fields of a user; of oneself the profile',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
    limit: 'write',
  })
    .input(UpdateUserInput)
    .output(User)
    .mutation(({ ctx, input }) => updateUser(ctx, input)),

  permissions: endpoint({
    access: [self('id'), 'user:READ', 'client:users:read'],
    rest: 'GET /users/{id}/permissions',
    summary: 'List what a user may do now, and by which roles',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(UserIdInput)
    .output(UserPermissions)
    .query(({ ctx, input }) => listUserPermissions(ctx, input)),

  assignRole: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /users/{id}/roles',
    summary: 'Grant a role, for good or until a date',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'IDEMPOTENCY_CONFLICT'],
    limit: 'write',
    status: 201,
    idempotent: true,
  })
    .input(AssignRoleInput)
    .output(User)
    .mutation(({ ctx, input }) => assignRole(ctx, input)),

  removeRole: endpoint({
    access: 'role:MANAGE',
    rest: 'DELETE /users/{id}/roles/{role_id}',
    summary: 'Take a role away',
    errors: ['NOT_FOUND', 'LAST_ADMIN'],
    limit: 'write',
    status: 204,
  })
    .input(RemoveRoleInput)
    .output(z.void())
    .mutation(({ ctx, input }) => removeRole(ctx, input)),

  setStatus: endpoint({
    access: 'user:UPDATE',
    rest: 'POST /users/{id}/status',
    summary: 'Activate, deactivate or lock a user',
    errors: ['NOT_FOUND', 'LAST_ADMIN'],
    limit: 'write',
  })
    .input(SetUserStatusInput)
    .output(User)
    .mutation(({ ctx, input }) => setStatus(ctx, input)),
});
