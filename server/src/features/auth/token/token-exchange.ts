// Token exchange (RFC 8693) for applications that verify by a shared secret (HS256): a user's access token against one of theirs.
import { ADMIN_ROLE, type ExchangedToken, listEffectiveRoles, type TokenInput } from '@authcenter/shared';
import { SignJWT } from 'jose';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { toSeconds } from '../../../platform/clock.ts';
import { isForAudience, type UserClaims } from '../../../platform/tokens/claims.ts';
import { judgeToken } from '../../../platform/tokens/judge.ts';
import { toRightsHolder } from '../../rbac/rights-holder.ts';
import type { UserDocument } from '../../users/document.ts';
import { nextExpiry } from '../sessions/issue.ts';
import { type AuthenticateCtx, authenticateClient } from './client.ts';

type ExchangeCtx = AuthenticateCtx &
  Ctx<'tokens' | 'live' | 'users' | 'sessions' | 'envelope' | 'transact' | 'audit' | 'log', Caller | null>;

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** Nothing ends such a token before its time: a week at most, in ms. */
const LONGEST_LIFE = 7 * 86_400_000;

/**
 * @throws AppError INVALID_CLIENT; UNAUTHORIZED_CLIENT without an exchange secret; VALIDATION_FAILED for types that are not served;
 *   INVALID_GRANT for a token that does not count, or was made for another application
 */
export async function exchangeAccessToken(ctx: ExchangeCtx, input: TokenInput): Promise<ExchangedToken> {
  const client = await authenticateClient(ctx, input);
  const id = client._id.toHexString();
  if (client.exchange_secret === undefined)
    return fail('UNAUTHORIZED_CLIENT', { detail: 'This client has no exchange secret' });
  const token = requireRequest(input, id);
  const claims = await readSubject(ctx, token, id);
  const [user, session] = await Promise.all([ctx.users.findById(claims.sub), ctx.sessions.findById(claims.sid)]);
  const now = ctx.clock.now();
  if (user?.status !== 'active' || !session || session.is_revoked) return fail('INVALID_GRANT');
  const ends = Math.min(now.getTime() + LONGEST_LIFE, session.expires_at.getTime(), nextExpiry(user, now));
  const exp = toSeconds(new Date(ends));
  const secret = await ctx.envelope.open(client.exchange_secret);
  const access_token = await new SignJWT({ ...describe(ctx, user, now), aud: id, iat: toSeconds(now), exp })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(secret);
  await ctx.transact((tx) =>
    recordAct(ctx, tx, {
      act: 'auth.token_exchanged',
      target: { kind: 'user', id: claims.sub },
      actor: { kind: 'client', id, sid: null },
      details: { session: claims.sid, expires_at: new Date(ends) },
    }),
  );
  return { access_token, issued_token_type: JWT, token_type: 'Bearer', expires_in: exp - toSeconds(now) };
}

function requireRequest(input: TokenInput, clientId: string): string {
  const { subject_token: token, subject_token_type: type, requested_token_type: wanted = JWT, audience } = input;
  const errors = [
    ...(token === undefined ? [{ path: 'subject_token', message: 'is required' }] : []),
    ...(type !== ACCESS_TOKEN ? [{ path: 'subject_token_type', message: `must be ${ACCESS_TOKEN}` }] : []),
    ...(wanted !== JWT && wanted !== ACCESS_TOKEN
      ? [{ path: 'requested_token_type', message: `must be ${JWT}, if anything` }]
      : []),
    ...(audience !== undefined && audience !== clientId
      ? [{ path: 'audience', message: 'must be the client that asks, if anything' }]
      : []),
  ];
  return token === undefined || errors.length > 0 ? fail('VALIDATION_FAILED', { errors }) : token;
}

/** The user's token must count, and must name this client: one that another application got is not this one's to trade. */
async function readSubject(ctx: ExchangeCtx, token: string, clientId: string): Promise<UserClaims> {
  const verified = await ctx.tokens.verifyAccess(token);
  if (!verified || verified.claims.sid === undefined || (await judgeToken(verified, ctx)) !== 'ok')
    return fail('INVALID_GRANT', { detail: 'The subject token is not a user’s access token that counts' });
  if (!isForAudience(verified.claims.aud, [clientId]))
    return fail('INVALID_GRANT', { detail: 'The subject token was not made for this client' });
  return verified.claims;
}

/** The claims that sub-modules written to the older contract read. */
function describe({ live }: ExchangeCtx, user: UserDocument, now: Date) {
  const id = user._id.toHexString();
  const roles = listEffectiveRoles(toRightsHolder(user), live.roles().byId, now);
  return {
    userId: id,
    id,
    username: user.username,
    // Sub-modules may find accounts by it: one that nobody has proven would be a way into another's.
    email: user.email !== undefined && user.email_verified ? user.email : null,
    provider: 'openid',
    role: roles.some(({ name }) => name === ADMIN_ROLE) ? 'ADMIN' : 'USER',
  };
}
