// rbac.requests.list: one's own requests, or those of others that one may decide.
import type { ListRequestsInput } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import { findActor } from '../../rbac/acting.ts';
import { mayGrant } from '../../rbac/policy.ts';
import { toRightsHolder } from '../../rbac/rights-holder.ts';
import { mayEdit } from '../policy.ts';
import { REQUEST_LIFE } from './policy.ts';
import { toAccessRequest } from './wire.ts';

type ListCtx = Ctx<'accessRequests' | 'users' | 'live' | 'clock' | 'config'>;

/** Newest first. @throws AppError PERMISSION_DENIED where one may decide none */
export async function listRequests(ctx: ListCtx, input: ListRequestsInput) {
  const now = ctx.clock.now();
  const { limit, cursor, with_total: withTotal } = input;
  const since = new Date(now.getTime() - REQUEST_LIFE);
  const shared = { since, limit, cursor, withTotal };
  if (input.whose === 'to_decide') return listToDecide(ctx, input, shared);
  const own = new ObjectId(ctx.caller.id);
  const found = await ctx.accessRequests.list({ ...shared, userId: own, status: input.status });
  return toPage(found, (one) => toAccessRequest(one, ctx.caller.username, surroundings(ctx, now)));
}

async function listToDecide(
  ctx: ListCtx,
  { status = 'pending' }: ListRequestsInput,
  shared: { since: Date; limit: number; cursor: string | undefined; withTotal: boolean },
) {
  const [now, roles] = [ctx.clock.now(), ctx.live.roles()];
  const actor = await findActor(ctx, roles, 'role:MANAGE');
  const roleIds = [...roles.byId.values()].filter((role) => mayGrant(actor, role, roles, now)).map(({ id }) => id);
  const page = await ctx.accessRequests.list({ ...shared, status, roleIds, notOf: new ObjectId(ctx.caller.id) });
  const requesters = await ctx.users.listByIds(page.items.map(({ user_id }) => user_id));
  const byId = new Map(requesters.map((user) => [user._id.toHexString(), user]));
  // Whose level is above one's own is nobody to decide about: such a page is shorter.
  const items = page.items.filter(({ user_id }) => {
    const requester = byId.get(user_id.toHexString());
    return requester && mayEdit(actor, toRightsHolder(requester), roles, now);
  });
  return toPage({ ...page, items }, (one) =>
    toAccessRequest(one, byId.get(one.user_id.toHexString())?.username ?? null, surroundings(ctx, now)),
  );
}

const surroundings = ({ live, config }: ListCtx, now: Date) => ({ roles: live.roles(), config, now });
