// auth.sessions.list: the caller's signed-in devices.
import type { ListSessionsInput, Session } from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import type { SessionDocument } from './repository.ts';

export async function listSessions(ctx: Ctx<'sessions' | 'clock'>, input: ListSessionsInput) {
  const { limit, cursor, with_total: withTotal } = input;
  const page = await ctx.sessions.listLive(ctx.caller.id, ctx.clock.now(), { limit, cursor, withTotal });
  return toPage(page, (session) => toSession(session, ctx.caller.sid));
}

function toSession(session: SessionDocument, current: string): Session {
  const id = session._id.toHexString();
  const { device_info, auth_methods, client_id, created_at, last_accessed_at, expires_at } = session;
  return {
    id,
    device_info,
    auth_methods,
    client_id,
    created_at,
    last_accessed_at,
    expires_at,
    current: id === current,
  };
}
