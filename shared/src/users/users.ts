// Contract of users: what goes in and what comes out.
import { z } from 'zod';
import { Email, Id, line, Phone, Username } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

export const UserStatusSchema = z.enum(['active', 'inactive', 'locked']);

export const Profile = z.object({
  name: z.string().nullable(),
  avatar: z.string().nullable(),
  department: z.string().nullable(),
  position: z.string().nullable(),
});

export const UserGrant = z.object({
  role_id: Id,
  name: z.string(),
  granted_by: Id.nullable(),
  granted_at: z.date(),
  expires_at: z.date().nullable(),
});

export const User = z
  .object({
    id: Id,
    username: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    email_verified: z.boolean(),
    phone_verified: z.boolean(),
    status: UserStatusSchema,
    roles: z.array(UserGrant),
    profile: Profile,
    login_history: z.object({ last_login_at: z.date().nullable(), login_count: z.int() }),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .meta({ id: 'User' });
export type User = z.output<typeof User>;

export const UserPage = page(User);

export const ListUsersInput = PageInput.extend({
  search: line(100).optional().describe('Prefix of user name, e-mail, phone or name; finds at most 500'),
  status: UserStatusSchema.optional(),
  role: line(64).optional().describe('Name of a role: who holds it now'),
  sort: z.enum(['created_at', 'username', 'last_login_at']).default('created_at'),
}).prefault({});
export type ListUsersInput = z.output<typeof ListUsersInput>;

export const UserIdInput = z.strictObject({ id: Id });

const AvatarUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).max(2048);

/** The fields of a profile that are to be set. */
export const ProfileInput = z.strictObject({
  name: line(100).nullable().optional(),
  avatar: AvatarUrl.nullable().optional(),
  department: line(100).nullable().optional(),
  position: line(100).nullable().optional(),
});

export const UpdateUserInput = z.strictObject({
  id: Id,
  username: Username.optional(),
  email: Email.nullable().optional(),
  phone: Phone.nullable().optional(),
  profile: ProfileInput.optional(),
});
export type UpdateUserInput = z.output<typeof UpdateUserInput>;

export const SetUserStatusInput = z.strictObject({ id: Id, status: UserStatusSchema });
export type SetUserStatusInput = z.output<typeof SetUserStatusInput>;

export const AssignRoleInput = z.strictObject({
  id: Id,
  role_id: Id,
  expires_at: z.date().nullable().optional().describe('Kept in whole seconds; absent or null: for good'),
});
export type AssignRoleInput = z.output<typeof AssignRoleInput>;

export const RenewRoleInput = z.strictObject({
  id: Id,
  role_id: Id,
  expires_at: z
    .date()
    .nullable()
    .describe('Its new end, in whole seconds, sooner or later than before; null: for good'),
});
export type RenewRoleInput = z.output<typeof RenewRoleInput>;

export const RemoveRoleInput = z.strictObject({ id: Id, role_id: Id });
export type RemoveRoleInput = z.output<typeof RemoveRoleInput>;

export const UserPermissions = z.object({
  user_id: Id,
  roles: z.array(
    z.object({
      role_id: Id,
      name: z.string(),
      display_name: z.string(),
      level: z.int(),
      expires_at: z.date().nullable(),
    }),
  ),
  permissions: z.array(
    z.object({
      name: z.string(),
      resource: z.string(),
      action: z.string(),
      granted_by_roles: z.array(z.string()),
    }),
  ),
});
export type UserPermissions = z.output<typeof UserPermissions>;
