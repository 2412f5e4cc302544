// From a bearer token to a caller, once per request.
import type { Caller, Ctx } from './context.ts';
import { AppError } from './errors.ts';
import type { AccessClaims } from './platform/tokens/claims.ts';
import { judgeToken } from './platform/tokens/judge.ts';

const callers = new WeakMap<AccessClaims, Caller>();

/**
 * @returns the caller; null without credentials
 * @throws AppError TOKEN_INVALID, TOKEN_EXPIRED, SESSION_REVOKED, TOKEN_STALE
 */
export async function authenticate(ctx: Omit<Ctx<'tokens' | 'live' | 'clock'>, 'caller'>): Promise<Caller | null> {
  const { bearer } = ctx.request;
  if (bearer === null) return null;
  const verified = await ctx.tokens.verifyAccess(bearer);
  if (!verified) throw new AppError('TOKEN_INVALID');
  const judged = judgeToken(verified, ctx);
  const verdict = typeof judged === 'string' ? judged : await judged;
  if (verdict !== 'ok') throw new AppError(verdict);
  return callerOf(verified.claims);
}

function callerOf(claims: AccessClaims): Caller {
  const known = callers.get(claims);
  if (known) return known;
  const caller: Caller =
    claims.sid === undefined
      ? { kind: 'client', id: claims.sub, scopes: claims.scope.split(' ').filter(Boolean) }
      : {
          kind: 'user',
          id: claims.sub,
          username: claims.username,
          sid: claims.sid,
          // The token's own `exp` ends its grants, and its epoch its holder's being active.
          rights: { status: 'active', grants: claims.roles.map((role) => ({ role, expires_at: null })) },
          amr: claims.amr,
          authTime: claims.auth_time,
        };
  callers.set(claims, caller);
  return caller;
}
