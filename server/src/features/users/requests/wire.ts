// From a stored request to what callers see.
import type { AccessRequest } from '@authcenter/shared';
import type { Config } from '../../../config.ts';
import type { RoleTable } from '../../../platform/live/role-table.ts';
import { approvalsNeeded, lapsesAt, statusOf } from './policy.ts';
import type { AccessRequestDocument } from './repository.ts';

interface Surroundings {
  readonly roles: RoleTable;
  readonly config: Config;
  readonly now: Date;
}

/** @param username - of who asked; null where there is no such account any more */
export function toAccessRequest(
  request: AccessRequestDocument,
  username: string | null,
  { roles, config, now }: Surroundings,
): AccessRequest {
  const role = roles.byId.get(request.role_id.toHexString())?.name ?? request.role_name;
  return {
    id: request._id.toHexString(),
    user_id: request.user_id.toHexString(),
    username,
    role_id: request.role_id.toHexString(),
    role,
    reason: request.reason,
    duration: request.duration,
    status: statusOf(request, now),
    approvals: request.approvals.map(({ user_id, at, comment }) => ({ user_id: user_id.toHexString(), at, comment })),
    approvals_needed: approvalsNeeded(config.rbac.four_eyes, role),
    decided_by: request.decided_by?.toHexString() ?? null,
    closed_at: request.closed_at,
    comment: request.comment,
    granted_until: request.granted_until,
    created_at: request.created_at,
    lapses_at: lapsesAt(request),
  };
}
