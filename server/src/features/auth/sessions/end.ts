// Ending sessions: logout, logout everywhere, revoking one device; with audit in the same transaction and effect at once on this instance.
import type { LogoutInput, SessionIdInput } from '@authcenter/shared';
import type { EndReason } from '@authcenter/shared/acts';
import { ObjectId } from 'mongodb';
import type { z } from 'zod';
import type { Caller, Ctx, UserCaller } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEnded, endAllSessions } from '../../../platform/live/effects.ts';
import { requireOwnOrigin } from '../origin.ts';

type EndCtx = Ctx<'sessions' | 'transact' | 'live' | 'clock' | 'audit' | 'log', Caller | null>;

/** Revokes one session if it stands, and what it has vouched for; whether it did. */
export async function endSession(
  ctx: EndCtx,
  sid: string,
  reason: EndReason,
  actor: { kind: 'user'; id: string; sid: string | null },
): Promise<boolean> {
  const now = ctx.clock.now();
  return ctx.transact(async (tx) => {
    if (!(await ctx.sessions.revoke(sid, reason, now, tx, actor.id))) return false;
    announceEnded(ctx, tx, [sid, ...(await ctx.sessions.revokeChildren(sid, reason, now, tx))]);
    await recordAct(ctx, tx, {
      act: 'auth.session_ended',
      target: { kind: 'session', id: sid },
      actor,
      details: { reason },
    });
    return true;
  });
}

/** Ends the session of whatever is presented: bearer (expired too), refresh token, cookie. Succeeds however often it is called. */
export async function logout(
  ctx: EndCtx & Ctx<'tokens' | 'config' | 'publicUrl', Caller | null>,
  input: LogoutInput,
): Promise<void> {
  const { bearer, refreshCookie } = ctx.request;
  const found = new Map<string, string>();
  const access = bearer === null ? null : await ctx.tokens.verifyAccess(bearer);
  if (access?.claims.sid) found.set(access.claims.sid, access.claims.sub);
  // The cookie is sent by the browser on its own: only a page of ours may use it up.
  const useCookie = input.refresh_token === undefined && !access && refreshCookie !== null;
  if (useCookie) requireOwnOrigin(ctx);
  const refreshToken = useCookie ? refreshCookie : input.refresh_token;
  const refresh = refreshToken === undefined ? null : await ctx.tokens.verifyRefresh(refreshToken);
  if (refresh) found.set(refresh.sid, refresh.sub);
  for (const [sid, id] of found) await endSession(ctx, sid, 'logout', { kind: 'user', id, sid });
  if (refreshCookie !== null) ctx.reply.setRefreshCookie(null);
}

/** Ends all of the caller's sessions, this one too. */
export async function logoutAll(ctx: EndCtx & Ctx<'authorizationCodes'>): Promise<void> {
  const { id } = ctx.caller;
  await ctx.transact(async (tx) => {
    const sessions = await endAllSessions(ctx, tx, id, 'logout_all');
    // What was about to become one.
    await ctx.authorizationCodes.removeOfUser(new ObjectId(id), tx);
    await recordAct(ctx, tx, { act: 'auth.logout_all', target: { kind: 'user', id }, details: { sessions } });
  });
  if (ctx.request.refreshCookie !== null) ctx.reply.setRefreshCookie(null);
}

/** @throws AppError NOT_FOUND also for another's session: its existence is not told */
export async function revokeSession(
  ctx: EndCtx & { caller: UserCaller },
  { id }: z.output<typeof SessionIdInput>,
): Promise<void> {
  const { caller } = ctx;
  if (!(await endSession(ctx, id, 'revoked', { kind: 'user', id: caller.id, sid: caller.sid }))) fail('NOT_FOUND');
}
