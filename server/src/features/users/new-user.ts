// A new user document with the default role: one place that knows all its fields.
import { DEFAULT_ROLE } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';
import type { PasswordScheme } from '../../platform/password-hasher.ts';
import { type GrantDocument, NEVER, type UserDocument } from './repository.ts';

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string | null;
  readonly password: { readonly hash: string; readonly scheme: PasswordScheme };
  /** A registration that proves nothing lapses then. */
  readonly unverified_until?: Date;
}

export const newGrant = (
  role: Pick<RoleEntry, 'id' | 'name'>,
  grantedBy: string | null,
  now: Date,
  expiresAt: Date | null,
): GrantDocument => ({
  role_id: new ObjectId(role.id),
  role_name: role.name,
  granted_by: grantedBy === null ? null : new ObjectId(grantedBy),
  granted_at: now,
  expires_at: expiresAt,
});

export function newUserDocument(
  user: NewUser,
  roles: RoleTable,
  now: Date,
  roleName: string = DEFAULT_ROLE,
): UserDocument {
  const role = roles.byName.get(roleName);
  if (!role) throw new Error(`the role ${roleName} is missing: run \`authcenter migrate up\``);
  return {
    _id: new ObjectId(),
    username: user.username,
    email: user.email,
    password_hash: user.password.hash,
    password_scheme: user.password.scheme,
    status: 'active',
    roles: [newGrant(role, null, now, null)],
    profile: { name: user.name, avatar: null, department: null, position: null },
    login_history: { last_login_at: NEVER, login_count: 0, last_ip: null },
    email_verified: user.email_verified,
    phone_verified: false,
    ...(user.email_verified ? { proven_at: now } : {}),
    ...(user.unverified_until ? { unverified_until: user.unverified_until } : {}),
    security: { password_changed_at: now, token_epoch: 0 },
    created_at: now,
    updated_at: now,
  };
}
