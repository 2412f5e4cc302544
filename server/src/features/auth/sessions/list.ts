// auth.sessions.list: the caller's signed-in devices.
import type { ListSessionsInput } from '@authcenter/shared';
import type { Ctx, UserCaller } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import { toSession } from '../../users/sessions.ts';

export async function listSessions(ctx: Ctx<'sessions' | 'clock', UserCaller>, input: ListSessionsInput) {
  const { limit, cursor, with_total: withTotal } = input;
  const page = await ctx.sessions.listLive(ctx.caller.id, ctx.clock.now(), { limit, cursor, withTotal });
  return toPage(page, (session) => toSession(session, ctx.caller.sid));
}
