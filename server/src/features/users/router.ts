// What may be asked about users, and by whom.
import {
  AssignRoleInput,
  CreateUserInput,
  ListUserSessionsInput,
  ListUsersInput,
  RemoveRoleInput,
  RenewRoleInput,
  SessionPage,
  SetMetadataInput,
  SetUserStatusInput,
  UpdateUserInput,
  User,
  UserExport,
  UserIdInput,
  UserMetadata,
  UserPage,
  UserPermissions,
  UserSessionInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { self } from '../../access.ts';
import { endpoint, router } from '../../procedure.ts';
import { createUser, inviteUser } from './create.ts';
import { deleteUser } from './delete.ts';
import { exportUser } from './export.ts';
import { resetFactors } from './factors.ts';
import { assignRole, removeRole, setStatus } from './grants.ts';
import { getMetadata, setMetadata } from './metadata.ts';
import { renewRole } from './renew-role.ts';
import { getUser, listUserPermissions, listUsers, updateUser } from './service.ts';
import { listUserSessions, revokeUserSession } from './sessions.ts';

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

  create: endpoint({
    access: 'user:CREATE',
    rest: 'POST /users',
    summary: 'Make a user, with a password to be replaced at the first sign-in, or with an invitation',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'STEP_UP_REQUIRED', 'OVERLOADED', 'IDEMPOTENCY_CONFLICT'],
    limit: 'write',
    status: 201,
    idempotent: true,
  })
    .input(CreateUserInput)
    .output(User)
    .mutation(({ ctx, input }) => createUser(ctx, input)),

  invite: endpoint({
    access: 'user:CREATE',
    rest: 'POST /users/{id}/invitation',
    summary: 'Send the invitation again to a user who never signed in',
    errors: ['NOT_FOUND', 'INVALID_TRANSITION'],
    limit: 'write',
    status: 202,
  })
    .input(UserIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => inviteUser(ctx, input)),

  update: endpoint({
    access: [self('id'), 'user:UPDATE'],
    rest: 'PUT /users/{id}',
    summary: 'Change the named fields of a user; of oneself the profile',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'STEP_UP_REQUIRED'],
    limit: 'write',
  })
    .input(UpdateUserInput)
    .output(User)
    .mutation(({ ctx, input }) => updateUser(ctx, input)),

  delete: endpoint({
    access: 'user:DELETE',
    rest: 'DELETE /users/{id}',
    summary: 'Remove a user with all that is held on them; their sessions end',
    errors: ['NOT_FOUND', 'LAST_ADMIN'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(UserIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteUser(ctx, input)),

  export: endpoint({
    access: [self('id'), 'user:MANAGE'],
    rest: 'GET /users/{id}/export',
    summary: 'Everything that is held on a user, in one piece',
    errors: ['NOT_FOUND'],
    limit: 'write',
  })
    .input(UserIdInput)
    .output(UserExport)
    .query(({ ctx, input }) => exportUser(ctx, input)),

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
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'STEP_UP_REQUIRED', 'IDEMPOTENCY_CONFLICT'],
    limit: 'write',
    status: 201,
    idempotent: true,
  })
    .input(AssignRoleInput)
    .output(User)
    .mutation(({ ctx, input }) => assignRole(ctx, input)),

  renewRole: endpoint({
    access: 'role:MANAGE',
    rest: 'PUT /users/{id}/roles/{role_id}',
    summary: 'Give a role that is held another end, or none',
    errors: ['NOT_FOUND', 'LAST_ADMIN', 'STEP_UP_REQUIRED'],
    limit: 'write',
  })
    .input(RenewRoleInput)
    .output(User)
    .mutation(({ ctx, input }) => renewRole(ctx, input)),

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

  sessions: router({
    list: endpoint({
      access: 'user:UPDATE',
      rest: 'GET /users/{id}/sessions',
      summary: 'List where a user is signed in',
      errors: ['NOT_FOUND'],
      limit: 'read',
    })
      .input(ListUserSessionsInput)
      .output(SessionPage)
      .query(({ ctx, input }) => listUserSessions(ctx, input)),

    revoke: endpoint({
      access: 'user:UPDATE',
      rest: 'DELETE /users/{id}/sessions/{session_id}',
      summary: 'End one of a user’s sessions',
      errors: ['NOT_FOUND'],
      limit: 'write',
      status: 204,
    })
      .input(UserSessionInput)
      .output(z.void())
      .mutation(({ ctx, input }) => revokeUserSession(ctx, input)),
  }),

  metadata: router({
    get: endpoint({
      access: 'client:users:metadata',
      rest: 'GET /users/{id}/metadata',
      summary: 'Read what the application keeps with a user',
      errors: ['NOT_FOUND'],
      limit: 'read',
    })
      .input(UserIdInput)
      .output(UserMetadata)
      .query(({ ctx, input }) => getMetadata(ctx, input)),

    set: endpoint({
      access: 'client:users:metadata',
      rest: 'PUT /users/{id}/metadata',
      summary: 'Keep something with a user, for this application alone',
      errors: ['NOT_FOUND'],
      limit: 'write',
    })
      .input(SetMetadataInput)
      .output(UserMetadata)
      .mutation(({ ctx, input }) => setMetadata(ctx, input)),
  }),

  mfa: router({
    reset: endpoint({
      access: 'user:UPDATE',
      rest: 'POST /users/{id}/mfa/reset',
      summary: 'Take every second factor off a user who has lost them; ends all sessions',
      errors: ['NOT_FOUND'],
      limit: 'write',
      stepUp: true,
    })
      .input(UserIdInput)
      .output(User)
      .mutation(({ ctx, input }) => resetFactors(ctx, input)),
  }),
});
