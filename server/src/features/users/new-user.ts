// A new user document with the default role: one place that knows all its fields.
import { randomInt } from 'node:crypto';
import { DEFAULT_ROLE } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';
import type { PasswordScheme } from '../../platform/password-hasher.ts';
import { type GrantDocument, type IdentityDocument, NEVER, type UserDocument } from './document.ts';
import { newTerm } from './grant-term.ts';

export interface NewUser {
  readonly username: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  /** E.164, and proven: nobody comes to be with a number that is not. */
  readonly phone?: string;
  readonly name: string | null;
  readonly avatar?: string;
  readonly password?: { readonly hash: string; readonly scheme: PasswordScheme };
  readonly identity?: IdentityDocument;
  /** A registration that proves nothing lapses then. */
  readonly unverified_until?: Date;
}

/** @param reminder - how long before its end the holder is told of it at most, in ms; 0: not at all */
export const newGrant = (
  role: Pick<RoleEntry, 'id' | 'name'>,
  grantedBy: string | null,
  now: Date,
  expiresAt: Date | null,
  reminder = 0,
): GrantDocument => ({
  role_id: new ObjectId(role.id),
  role_name: role.name,
  granted_by: grantedBy === null ? null : new ObjectId(grantedBy),
  granted_at: now,
  ...newTerm(now, expiresAt, reminder),
});

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A made-up user name, to be changed once: `u_` and ten base32 characters. */
export const newUsername = (): string => `u_${Array.from({ length: 10 }, () => BASE32[randomInt(32)]).join('')}`;

export const isMadeUp = (username: string): boolean => /^u_[a-z2-7]{10}$/.test(username);

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
    ...(user.email === undefined ? {} : { email: user.email }),
    ...(user.phone === undefined ? {} : { phone: user.phone }),
    ...(user.password ? { password_hash: user.password.hash, password_scheme: user.password.scheme } : {}),
    status: 'active',
    roles: [newGrant(role, null, now, null)],
    profile: { name: user.name, avatar: user.avatar ?? null, department: null, position: null },
    login_history: { last_login_at: NEVER, login_count: 0, last_ip: null },
    email_verified: user.email_verified ?? false,
    phone_verified: user.phone !== undefined,
    ...(user.email_verified || user.phone !== undefined || user.identity ? { proven_at: now } : {}),
    ...(user.identity ? { identities: [user.identity] } : {}),
    ...(user.unverified_until ? { unverified_until: user.unverified_until } : {}),
    security: { password_changed_at: user.password ? now : null, token_epoch: 0 },
    created_at: now,
    updated_at: now,
  };
}
