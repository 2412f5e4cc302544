// The pair of tokens a session stands for at a given moment.
import { randomUUID } from 'node:crypto';
import { isLive, type SignedIn, type SteppedUp } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { toSeconds } from '../../../platform/clock.ts';
import type { UserDocument } from '../../users/document.ts';
import { toSessionUser } from '../../users/wire.ts';
import type { SessionDocument } from './repository.ts';

export type IssueCtx = Ctx<'tokens' | 'live' | 'clock' | 'config', Caller | null>;

/** A `permissions` claim over this many bytes is left out: headers have limits, and whoever needs it can ask. */
const PERMISSIONS_CLAIM_BYTES = 6 * 1024;

/** Signs the session's present pair; the refresh token goes into the cookie where the session travels so. */
export async function issueTokens(ctx: IssueCtx, user: UserDocument, session: SessionDocument): Promise<SignedIn> {
  const now = ctx.clock.now();
  const [access, refreshToken] = await Promise.all([
    issueAccessToken(ctx, user, session, now),
    issueRefreshToken(ctx, session),
  ]);
  if (session.transport === 'cookie')
    ctx.reply.setRefreshCookie(refreshToken, Math.ceil((session.expires_at.getTime() - now.getTime()) / 1000));
  return {
    status: 'ok',
    access_token: access.token,
    ...(session.transport === 'body' ? { refresh_token: refreshToken } : {}),
    token_type: 'Bearer',
    expires_in: access.exp - toSeconds(now),
    user: access.user,
  };
}

/** A fresh access token alone; the refresh token stays as it is. */
export async function issueAccess(ctx: IssueCtx, user: UserDocument, session: SessionDocument): Promise<SteppedUp> {
  const now = ctx.clock.now();
  const { token, exp } = await issueAccessToken(ctx, user, session, now);
  return { status: 'ok', access_token: token, token_type: 'Bearer', expires_in: exp - toSeconds(now) };
}

async function issueAccessToken(ctx: IssueCtx, user: UserDocument, session: SessionDocument, now: Date) {
  const roles = ctx.live.roles();
  const seen = toSessionUser(user, roles, now);
  const { id, username, email } = seen;
  const exp = toSeconds(
    new Date(
      Math.min(now.getTime() + ctx.config.jwt.access_token_expire, session.expires_at.getTime(), nextExpiry(user, now)),
    ),
  );
  const permissions =
    ctx.config.performance.cache_user_permissions &&
    Buffer.byteLength(JSON.stringify(seen.permissions)) <= PERMISSIONS_CLAIM_BYTES
      ? { permissions: seen.permissions }
      : {};
  const audiences = session.client_id === null ? [] : audiencesOf(ctx, session.client_id);
  const claims = {
    sub: id,
    user_id: id,
    userId: id,
    username,
    email,
    email_verified: user.email_verified,
    roles: seen.roles,
    ...permissions,
    rv: roles.version,
    sid: session._id.toHexString(),
    epoch: user.security.token_epoch,
    amr: session.auth_methods,
    auth_time: toSeconds(session.auth_time),
    jti: randomUUID(),
    iat: toSeconds(now),
    exp,
  };
  const token = await ctx.tokens.signAccess(claims, audiences);
  return { token, exp, user: seen };
}

/** The application a token was made for may tell by it; so may what else it names. */
export const audiencesOf = ({ live }: Pick<IssueCtx, 'live'>, clientId: string): readonly string[] => [
  clientId,
  ...(live.client(clientId)?.audiences ?? []),
];

/** When the first of the user's live grants ends: a token never outlives it. */
export const nextExpiry = (user: UserDocument, now: Date): number =>
  user.roles.reduce(
    (next, grant) => (grant.expires_at && isLive(grant, now) ? Math.min(next, grant.expires_at.getTime()) : next),
    Number.POSITIVE_INFINITY,
  );

/** Made from the session alone: whoever asks again for the present token gets the same one. */
const issueRefreshToken = (ctx: IssueCtx, session: SessionDocument): Promise<string> =>
  ctx.tokens.signRefresh({
    sub: session.user_id.toHexString(),
    sid: session._id.toHexString(),
    jti: session.session_id,
    iat: toSeconds(session.rotated_at),
    exp: toSeconds(
      new Date(
        Math.min(session.rotated_at.getTime() + ctx.config.jwt.refresh_token_expire, session.expires_at.getTime()),
      ),
    ),
  });
