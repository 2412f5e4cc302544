// rbac.requests.approve and decline: a decision about somebody else's request.
import type { RightsHolder } from '@authcenter/shared/evaluator';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { readForChange, requireMayGrant, requireOwnTime } from '../people/acting.ts';
import { callingPerson } from '../people/calling-user.ts';
import type { UserRecord } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import { requireFreshProof } from '../rights/access.ts';
import {
  type AccessRequestRecord,
  approvalsNeeded,
  denyClosed,
  recordOfRequest,
  toAccessRequest,
} from '../rights/access-requests.ts';
import { mayApprove } from '../rights/four-eyes.ts';
import { grantRole } from '../rights/grant-role.ts';
import type { RoleEntry } from '../rights/roles.ts';
import type { World } from '../world.ts';

export const accessDecisionAnswers = {
  'rbac.requests.approve': (world, { id, comment = null }, call) => {
    const caller = callingPerson(call);
    const { request, requester, entry, actor } = readToDecide(world, call, id);
    if (entry.status !== 'active' || requester.status !== 'active')
      refuse('INVALID_TRANSITION', { detail: 'The role or the account is off' });
    if (entry.name === ADMIN_ROLE) requireFreshProof(world, caller);
    const now = world.clock.now();
    const until = new Date((Math.floor(now.getTime() / 1000) + request.duration) * 1000);
    requireOwnTime(world, actor, entry, until);
    // An approval counts as long as whoever gave it may grant the role.
    const standing = request.approvals.filter(({ user_id }) => {
      const approver = world.users.get(user_id);
      return approver && mayApprove(world, approver, entry, requester);
    });
    if (standing.some(({ user_id }) => user_id === caller.id))
      refuse('ALREADY_EXISTS', { detail: 'You have approved it already: it takes a second person' });
    const approvals = [...standing, { user_id: caller.id, at: now, comment }];
    const about = { user_id: requester.id };
    if (approvals.length < approvalsNeeded(world, entry.name)) {
      request.approvals = approvals;
      recordOfRequest(world, call, 'rbac.request_seconded', request, { ...about, approvals: approvals.length });
    } else {
      const approved_by = approvals.map(({ user_id }) => user_id);
      grantRole(world, call, requester, entry, until, { request_id: id, approved_by });
      const decision = { status: 'approved', decided_by: caller.id, closed_at: now, comment } as const;
      Object.assign(request, { ...decision, approvals, granted_until: until });
      recordOfRequest(world, call, 'rbac.request_approved', request, { ...about, approved_by, granted_until: until });
    }
    return toAccessRequest(world, request);
  },

  'rbac.requests.decline': (world, { id, comment = null }, call) => {
    const { request, requester } = readToDecide(world, call, id);
    const decision = { status: 'declined', decided_by: callingPerson(call).id, closed_at: world.clock.now() } as const;
    Object.assign(request, { ...decision, comment });
    recordOfRequest(world, call, 'rbac.request_declined', request, { user_id: requester.id });
    return toAccessRequest(world, request);
  },
} satisfies Answers;

interface Matter {
  readonly request: AccessRequestRecord;
  readonly requester: UserRecord;
  readonly entry: RoleEntry;
  readonly actor: RightsHolder;
}

/** Whoever may not decide learns nothing of how it stands. */
function readToDecide(world: World, call: Call, id: string): Matter {
  const caller = callingPerson(call);
  const request = world.accessRequests.get(id) ?? refuse('NOT_FOUND');
  if (request.user_id === caller.id)
    refuse('PERMISSION_DENIED', { permission: 'role:MANAGE', detail: 'Nobody decides about their own request' });
  const { actor, target: requester } = readForChange(world, caller, request.user_id, 'role:MANAGE');
  const entry = world.roles.table.byId.get(request.role_id) ?? refuse('NOT_FOUND', { detail: 'There is no such role' });
  requireMayGrant(world, actor, entry);
  if (request.status !== 'pending') denyClosed();
  return { request, requester, entry, actor };
}
