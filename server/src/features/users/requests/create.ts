// rbac.requests.create and cancel: asking for a role for a while, for oneself alone, and thinking better of it.
import { type AccessRequest, type CreateRequestInput, isLive } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx, UserCaller } from '../../../context.ts';
import { duplicateKey } from '../../../database/errors.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { transactOnce } from '../../../platform/idempotency.ts';
import type { RoleTable } from '../../../platform/live/role-table.ts';
import { lapseIfOver } from './lapse.ts';
import { closing, statusOf } from './policy.ts';
import type { AccessRequestDocument } from './repository.ts';
import { tellApprovers } from './tell.ts';
import { toAccessRequest } from './wire.ts';

type CreateCtx = Ctx<
  | 'accessRequests'
  | 'users'
  | 'live'
  | 'clock'
  | 'config'
  | 'transact'
  | 'idempotency'
  | 'audit'
  | 'log'
  | 'queueMessage',
  UserCaller
>;

const DAY = 86_400_000;
const MOST_A_DAY = 20;

/** @throws AppError NOT_FOUND for a role that there is not, or is off; ALREADY_EXISTS where it is held or asked for; RATE_LIMITED beyond twenty a day */
export async function createRequest(ctx: CreateCtx, input: CreateRequestInput): Promise<AccessRequest> {
  const now = ctx.clock.now();
  const roles = ctx.live.roles();
  const role = findRole(roles, input.role) ?? fail('NOT_FOUND', { detail: 'There is no such role' });
  try {
    return await transactOnce(ctx, 'rbac.requests.create', input, async (tx) => {
      const user = (await ctx.users.findById(ctx.caller.id, tx)) ?? fail('NOT_FOUND');
      if (user.roles.some((grant) => grant.role_id.toHexString() === role.id && isLive(grant, now)))
        fail('ALREADY_EXISTS', { detail: 'You hold this role already' });
      const before = await ctx.accessRequests.findPending(user._id, role.id, tx);
      if (before && !(await lapseIfOver(ctx, tx, before))) denyTwice();
      const since = new Date(now.getTime() - DAY);
      if ((await ctx.accessRequests.countSince(user._id, since, MOST_A_DAY, tx)) >= MOST_A_DAY)
        fail('RATE_LIMITED', { retryAfter: 3600 });
      const request: AccessRequestDocument = {
        _id: new ObjectId(),
        user_id: user._id,
        role_id: new ObjectId(role.id),
        role_name: role.name,
        reason: input.reason,
        duration: input.duration,
        status: 'pending',
        approvals: [],
        decided_by: null,
        closed_at: null,
        comment: null,
        granted_until: null,
        created_at: now,
      };
      await ctx.accessRequests.insert(request, tx);
      await recordAct(ctx, tx, {
        act: 'rbac.request_created',
        target: { kind: 'access_request', id: request._id.toHexString() },
        details: { role: role.name, duration: input.duration, reason: input.reason },
      });
      await tellApprovers(ctx, tx, user, role);
      return toAccessRequest(request, user.username, { roles, config: ctx.config, now });
    });
  } catch (error) {
    if (duplicateKey(error) !== null) denyTwice();
    throw error;
  }
}

const denyTwice = (): never => fail('ALREADY_EXISTS', { detail: 'You have asked for this role already' });

/** One that is off cannot be had by asking. */
function findRole({ byId, byName }: RoleTable, text: string) {
  const role = byName.get(text) ?? byId.get(text.toLowerCase());
  return role?.status === 'active' ? role : undefined;
}

/** @throws AppError NOT_FOUND also for another's: its existence is not told; INVALID_TRANSITION for one that is closed */
export async function cancelRequest(ctx: CreateCtx, { id }: { id: string }): Promise<AccessRequest> {
  const now = ctx.clock.now();
  const cancelled = await ctx.transact(async (tx) => {
    const request = await ctx.accessRequests.findById(id, tx);
    if (request?.user_id.toHexString() !== ctx.caller.id) return fail('NOT_FOUND');
    const closed =
      statusOf(request, now) === 'pending'
        ? await ctx.accessRequests.updatePending(request._id, closing('cancelled', now), tx)
        : null;
    if (!closed) return fail('INVALID_TRANSITION', { detail: 'The request is closed already' });
    await recordAct(ctx, tx, {
      act: 'rbac.request_cancelled',
      target: { kind: 'access_request', id },
      details: { role: request.role_name },
    });
    return closed;
  });
  return toAccessRequest(cancelled, ctx.caller.username, { roles: ctx.live.roles(), config: ctx.config, now });
}
