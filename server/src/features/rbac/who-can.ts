// Who may do something now, by which of their roles, and until when.
import { explain, findEnd, type Holder, type Pair, type WhoCanInput } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import { toPage } from '../../database/keyset.ts';
import type { RoleTable } from '../../platform/live/role-table.ts';
import { listCovering, readAsked } from './asked.ts';
import { toRightsHolder } from './rights-holder.ts';
import { toUserRef } from './user-ref.ts';

/** @throws AppError VALIDATION_FAILED for a cursor of another list */
export async function whoCan(ctx: Ctx<'holders' | 'live' | 'clock'>, input: WhoCanInput) {
  const { limit, cursor, with_total: withTotal } = input;
  const table = ctx.live.roles();
  const now = ctx.clock.now();
  const asked = readAsked(table, input);
  const roleIds = asked ? listCovering(table, asked).map(([id]) => id) : [];
  if (!asked || roleIds.length === 0) return { items: [], next_cursor: null, ...(withTotal ? { total: 0 } : {}) };
  const page = await ctx.holders.list({ roleIds, now, limit, cursor, withTotal });
  return toPage(page, (user): Holder => ({ ...toUserRef(user), ...tellWhy(user, table, now, asked) }));
}

function tellWhy(user: Parameters<typeof toRightsHolder>[0], table: RoleTable, now: Date, asked: Pair) {
  const { covering } = explain(toRightsHolder(user), table.byId, now, asked);
  const counting = covering.filter(({ standing }) => standing === 'counts');
  const byRole = Map.groupBy(counting, ({ role }) => role);
  return {
    roles: [...byRole].map(([{ id, name }, grants]) => ({ role_id: id, name, expires_at: findEnd(grants) })),
    until: findEnd(counting),
  };
}
