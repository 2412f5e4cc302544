// From the stored user to what callers see, and to what the evaluator weighs.
import { isLive, listEffectivePairs, listEffectiveRoles, type SessionUser, type User } from '@authcenter/shared';
import type { RoleTable } from '../../platform/live/role-table.ts';
import { toRightsHolder } from '../rbac/rights-holder.ts';
import { NEVER, type UserDocument } from './document.ts';

/** @param now - grants that have ended by then are not shown: a role ends in lists as it does in checks and tokens */
export function toUser(user: UserDocument, now: Date): User {
  const { last_login_at, login_count } = user.login_history;
  return {
    id: user._id.toHexString(),
    username: user.username,
    email: user.email ?? null,
    phone: user.phone ?? null,
    email_verified: user.email_verified,
    phone_verified: user.phone_verified,
    status: user.status,
    roles: user.roles
      .filter((grant) => isLive(grant, now))
      .map((grant) => ({
        role_id: grant.role_id.toHexString(),
        name: grant.role_name,
        granted_by: grant.granted_by?.toHexString() ?? null,
        granted_at: grant.granted_at,
        expires_at: grant.expires_at,
      })),
    profile: user.profile,
    login_history: { last_login_at: last_login_at.getTime() === NEVER.getTime() ? null : last_login_at, login_count },
    created_at: user.created_at,
    updated_at: user.updated_at,
  };
}

/** The user as sign-in and `auth.me` answer it, with the rights that count at `now`. */
export function toSessionUser(user: UserDocument, roles: RoleTable, now: Date): SessionUser {
  const holder = toRightsHolder(user);
  return {
    id: user._id.toHexString(),
    username: user.username,
    email: user.email ?? null,
    phone: user.phone ?? null,
    roles: listEffectiveRoles(holder, roles.byId, now).map(({ name }) => name),
    permissions: listEffectivePairs(holder, roles.byId, now),
    profile: user.profile,
  };
}
