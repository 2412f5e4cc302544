// users.sessions: an administrator looks at somebody's signed-in devices and ends one.
import type { ListUserSessionsInput, Session, UserSessionInput } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import { toPage } from '../../database/keyset.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { announceEnded } from '../../platform/live/effects.ts';
import type { SessionDocument } from '../auth/sessions/repository.ts';
import { readForChange, requireMayEdit } from './acting.ts';

/** @throws AppError NOT_FOUND; PERMISSION_DENIED by the level rule: where somebody is signed in is not for those below them */
export async function listUserSessions(
  ctx: Ctx<'users' | 'sessions' | 'live' | 'clock'>,
  { id, limit, cursor, with_total: withTotal }: ListUserSessionsInput,
) {
  const { caller } = ctx;
  await requireMayEdit(ctx, id, 'user:UPDATE');
  const current = caller.kind === 'user' ? caller.sid : null;
  const page = await ctx.sessions.listLive(id, ctx.clock.now(), { limit, cursor, withTotal });
  return toPage(page, (session) => toSession(session, current));
}

/** @throws AppError NOT_FOUND also for a session that has ended, or is another's; PERMISSION_DENIED by the level rule */
export async function revokeUserSession(
  ctx: Ctx<'users' | 'roles' | 'sessions' | 'live' | 'clock' | 'takeGuard' | 'transact' | 'audit' | 'log'>,
  { id, session_id: sid }: UserSessionInput,
): Promise<void> {
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    await readForChange(ctx, tx, id, 'user:UPDATE');
    if (!(await ctx.sessions.revoke(sid, 'revoked', now, tx, id))) fail('NOT_FOUND');
    announceEnded(ctx, tx, [sid, ...(await ctx.sessions.revokeChildren(sid, 'revoked', now, tx))]);
    await recordAct(ctx, tx, {
      act: 'users.session_ended',
      target: { kind: 'user', id },
      details: { session: sid },
    });
  });
}

/** @param current - the session that asks; null: none does */
export function toSession(session: SessionDocument, current: string | null): Session {
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
