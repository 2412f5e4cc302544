// rbac.requests.approve and decline: a decision about somebody else's request, under the guard of rights.
import { type AccessRequest, ADMIN_ROLE, type DecideRequestInput } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { RoleEntry } from '../../../platform/live/role-table.ts';
import { requireFreshProof } from '../../../proof.ts';
import { type Acting, requireOwnTime } from '../../rbac/acting.ts';
import { readForChange } from '../acting.ts';
import { mayApprove } from '../approvers.ts';
import type { UserDocument } from '../document.ts';
import { requireMayGrant } from '../grant-checks.ts';
import { type GrantCtx, grantRole } from '../grants.ts';
import { approvalsNeeded, closing, grantedUntil, statusOf } from './policy.ts';
import type { AccessRequestDocument } from './repository.ts';
import { tellRequester } from './tell.ts';
import { toAccessRequest } from './wire.ts';

type DecideCtx = GrantCtx & Ctx<'accessRequests' | 'queueMessage'>;

/** What a decision is about, read under the guard. */
interface Matter {
  readonly request: AccessRequestDocument;
  readonly requester: UserDocument;
  readonly role: RoleEntry;
}

/**
 * Grants the role from now on for as long as was asked; a role that takes two people waits for the second. An approval counts as
 * long as whoever gave it may grant the role.
 *
 * @throws AppError NOT_FOUND; PERMISSION_DENIED for one's own and by the level rule; STEP_UP_REQUIRED for Admin; INVALID_TRANSITION for one
 *   that is closed, a role or an account that is off; ALREADY_EXISTS for a second approval by the same person and a role held meanwhile
 */
export async function approveRequest(
  ctx: DecideCtx,
  { id, comment = undefined }: DecideRequestInput,
): Promise<AccessRequest> {
  const now = ctx.clock.now();
  return decide(ctx, id, async (tx, { request, requester, role }, acting) => {
    if (role.status !== 'active' || requester.status !== 'active')
      fail('INVALID_TRANSITION', { detail: 'The role or the account is off' });
    if (role.name === ADMIN_ROLE) requireFreshProof(ctx);
    const until = grantedUntil(request, now);
    requireOwnTime(ctx, acting, role, until);
    const standing = await listStanding(ctx, tx, { request, requester, role });
    if (standing.some(({ user_id }) => user_id.toHexString() === ctx.caller.id))
      fail('ALREADY_EXISTS', { detail: 'You have approved it already: it takes a second person' });
    const approvals = [...standing, { user_id: new ObjectId(ctx.caller.id), at: now, comment: comment ?? null }];
    if (approvals.length < approvalsNeeded(ctx.config.rbac.four_eyes, role.name)) {
      const noted = await update(ctx, tx, request, { approvals });
      await record(ctx, tx, 'rbac.request_seconded', noted, { approvals: approvals.length });
      return noted;
    }
    const approvers = approvals.map(({ user_id }) => user_id.toHexString());
    await grantRole(ctx, tx, requester, role, until, { request_id: id, approved_by: approvers });
    const approved = await close(ctx, tx, request, 'approved', {
      approvals,
      comment: comment ?? null,
      granted_until: until,
    });
    await record(ctx, tx, 'rbac.request_approved', approved, { approved_by: approvers, granted_until: until });
    await tellRequester(ctx, tx, approved, role);
    return approved;
  });
}

/** @throws AppError NOT_FOUND; PERMISSION_DENIED for one's own and by the level rule; INVALID_TRANSITION for one that is closed */
export const declineRequest = (ctx: DecideCtx, { id, comment }: DecideRequestInput): Promise<AccessRequest> =>
  decide(ctx, id, async (tx, { request, role }) => {
    const declined = await close(ctx, tx, request, 'declined', { comment: comment ?? null });
    // What was said to it stays with the request, which goes with the account.
    await record(ctx, tx, 'rbac.request_declined', declined, {});
    await tellRequester(ctx, tx, declined, role);
    return declined;
  });

/** Whoever may not decide learns nothing of how it stands. */
async function decide(
  ctx: DecideCtx,
  id: string,
  work: (tx: Tx, matter: Matter, acting: Acting) => Promise<AccessRequestDocument>,
): Promise<AccessRequest> {
  const now = ctx.clock.now();
  const { request, username } = await ctx.transact(async (tx) => {
    const request = (await ctx.accessRequests.findById(id, tx)) ?? fail('NOT_FOUND');
    const requesterId = request.user_id.toHexString();
    if (requesterId === ctx.caller.id)
      fail('PERMISSION_DENIED', { permission: 'role:MANAGE', detail: 'Nobody decides about their own request' });
    const { target: requester, ...acting } = await readForChange(ctx, tx, requesterId, 'role:MANAGE');
    const roleId = request.role_id.toHexString();
    const role = acting.roles.byId.get(roleId);
    // Where another stands in for a role that was removed, it is not what was asked for.
    if (role?.id !== roleId) fail('NOT_FOUND', { detail: 'There is no such role' });
    requireMayGrant(ctx, acting, role);
    if (statusOf(request, now) !== 'pending') denyClosed();
    return { request: await work(tx, { request, requester, role }, acting), username: requester.username };
  });
  return toAccessRequest(request, username, { roles: ctx.live.roles(), config: ctx.config, now });
}

/** The approvals whose givers may still grant the role. */
async function listStanding(ctx: DecideCtx, tx: Tx, { request, requester, role }: Matter) {
  const standing: AccessRequestDocument['approvals'] = [];
  for (const approval of request.approvals) {
    const approver = await ctx.users.findById(approval.user_id.toHexString(), tx);
    if (approver && mayApprove(approver, role, requester, ctx.live.roles(), ctx.clock.now())) standing.push(approval);
  }
  return standing;
}

const close = (
  ctx: DecideCtx,
  tx: Tx,
  request: AccessRequestDocument,
  status: 'approved' | 'declined',
  fields: Partial<AccessRequestDocument>,
): Promise<AccessRequestDocument> =>
  update(ctx, tx, request, {
    ...fields,
    ...closing(status, ctx.clock.now()),
    decided_by: new ObjectId(ctx.caller.id),
  });

const update = async (
  { accessRequests }: DecideCtx,
  tx: Tx,
  { _id }: AccessRequestDocument,
  fields: Partial<AccessRequestDocument>,
): Promise<AccessRequestDocument> => (await accessRequests.updatePending(_id, fields, tx)) ?? denyClosed();

const denyClosed = (): never => fail('INVALID_TRANSITION', { detail: 'The request is closed already' });

const record = (
  ctx: DecideCtx,
  tx: Tx,
  act: string,
  { _id, user_id, role_name }: AccessRequestDocument,
  details: Record<string, unknown>,
): Promise<void> =>
  recordAct(ctx, tx, {
    act,
    target: { kind: 'access_request', id: _id.toHexString() },
    details: { user_id: user_id.toHexString(), role: role_name, ...details },
  });
