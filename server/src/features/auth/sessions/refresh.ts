// auth.refresh: rotation by one atomic update; the grace that gives the same successor; reuse ends the session.
import { randomUUID } from 'node:crypto';
import type { RefreshInput, SignedIn } from '@authcenter/shared';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { hasExpired, type RefreshClaims } from '../../../platform/tokens/claims.ts';
import { requireOwnOrigin } from '../origin.ts';
import { mustHaveFactor } from '../sign-in/facts.ts';
import { endSession } from './end.ts';
import { issueTokens } from './issue.ts';
import { judgeRefresh, LATE_AGAIN } from './policy.ts';
import type { SessionDocument } from './repository.ts';

type RefreshCtx = Ctx<
  | 'users'
  | 'sessions'
  | 'transact'
  | 'tokens'
  | 'live'
  | 'clock'
  | 'config'
  | 'publicUrl'
  | 'audit'
  | 'log'
  | 'metrics'
  | 'queueMessage',
  Caller | null
>;

/**
 * @throws AppError UNAUTHENTICATED for a missing, unknown or expired token; SESSION_REVOKED when session, user or reuse refuses;
 *   ORIGIN_REFUSED for a cookie from a foreign page
 */
export async function refreshSession(ctx: RefreshCtx, input: RefreshInput): Promise<SignedIn> {
  const fromCookie = input.refresh_token === undefined;
  const token =
    input.refresh_token ??
    ctx.request.refreshCookie ??
    fail('UNAUTHENTICATED', { detail: 'No refresh token was sent' });
  if (fromCookie) requireOwnOrigin(ctx);
  const claims = await ctx.tokens.verifyRefresh(token);
  if (!claims || hasExpired(claims, ctx.clock.now().getTime())) return refuse(ctx, 'UNAUTHENTICATED');

  // An exchange whose answer cannot be signed would look like reuse when it is tried again.
  await ctx.tokens.requireSigning();
  const session = await findSuccessor(ctx, claims, fromCookie ? 'cookie' : 'body');
  const user = await ctx.users.findById(claims.sub);
  if (user?.status !== 'active') return refuse(ctx, 'SESSION_REVOKED');
  // It may have been removed while the session was being opened through it.
  if (session.client_id !== null && !(await isClientThere(ctx, session.client_id))) {
    await endSession(ctx, claims.sid, 'client_deleted', { kind: 'user', id: claims.sub, sid: claims.sid });
    return refuse(ctx, 'SESSION_REVOKED');
  }
  // The role was granted, or came to demand a factor, after the session began.
  if (mustHaveFactor(ctx, user) && !session.auth_methods.includes(TWO_FACTORS)) {
    await endSession(ctx, claims.sid, 'factor_demanded', { kind: 'user', id: claims.sub, sid: claims.sid });
    return refuse(ctx, 'SESSION_REVOKED');
  }
  ctx.metrics.refreshes.inc({ outcome: 'ok' });
  return issueTokens(ctx, user, session);
}

/** One that was made a moment ago on another instance is known to the database alone. */
const isClientThere = async ({ live }: RefreshCtx, id: string): Promise<boolean> =>
  live.client(id) !== undefined || (await live.readClient(id)) !== null;

async function findSuccessor(
  ctx: RefreshCtx,
  { sid, sub, jti }: RefreshClaims,
  transport: SessionDocument['transport'],
): Promise<SessionDocument> {
  const now = ctx.clock.now();
  const rotated = await ctx.sessions.rotate({ id: sid, userId: sub, from: jti, to: randomUUID(), transport, now });
  if (rotated) return rotated;
  const session = await ctx.sessions.findById(sid);
  // The transport is fixed when the session opens: a cookie's token is no good in a body, nor the other way round.
  if (session && session.transport !== transport) return refuse(ctx, 'UNAUTHENTICATED');
  switch (judgeRefresh(session, sub, jti, now)) {
    case 'same_successor':
      return session ?? refuse(ctx, 'SESSION_REVOKED');
    case 'late': {
      const noted = await ctx.sessions.noteLate(sid, jti, now, new Date(now.getTime() - LATE_AGAIN));
      if (noted) ctx.metrics.securityEvents.inc({ type: 'refresh_late' });
      // Somebody else was first to note it, a moment ago: then it is within that grace.
      const settled = noted ?? (await ctx.sessions.findById(sid));
      return settled && judgeRefresh(settled, sub, jti, now) === 'same_successor'
        ? settled
        : refuse(ctx, 'SESSION_REVOKED');
    }
    case 'reuse':
      await endSession(ctx, sid, 'refresh_reuse', { kind: 'user', id: sub, sid });
      ctx.metrics.securityEvents.inc({ type: 'refresh_reuse' });
      await ctx.queueMessage({
        kind: 'notice',
        notice: 'refresh_reuse',
        user_id: sub,
        locale: ctx.request.language(),
      });
      return refuse(ctx, 'SESSION_REVOKED');
    case 'ended':
      return refuse(ctx, 'SESSION_REVOKED');
  }
}

function refuse(ctx: RefreshCtx, code: 'UNAUTHENTICATED' | 'SESSION_REVOKED'): never {
  ctx.metrics.refreshes.inc({ outcome: code });
  return fail(code, code === 'UNAUTHENTICATED' ? { detail: 'The refresh token is not valid or has expired' } : {});
}
