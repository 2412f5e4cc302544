// From a bearer, a token or an API key, to a caller, once per request.
import type { ApiKeyCaller, Caller, Ctx } from './context.ts';
import { AppError } from './errors.ts';
import { looksLikeApiKey } from './platform/api-keys.ts';
import { haveRightsChanged } from './platform/live/role-table.ts';
import { addressKey } from './platform/rate-limits.ts';
import type { ClientClaims, UserClaims } from './platform/tokens/claims.ts';
import { judgeToken } from './platform/tokens/judge.ts';

export type AuthenticateCtx = Omit<Ctx<'tokens' | 'live' | 'clock' | 'apiKeyReader' | 'limits'>, 'caller'>;

/** On answers to a token that was made before a role it names came to give other rights. */
export const RIGHTS_CHANGED = 'x-rights-changed';

const callers = new WeakMap<UserClaims, Caller>();

/**
 * @returns the caller; null without credentials
 * @throws AppError TOKEN_INVALID, TOKEN_EXPIRED, SESSION_REVOKED, TOKEN_STALE; RATE_LIMITED for too many keys from one address
 */
export async function authenticate(ctx: AuthenticateCtx): Promise<Caller | null> {
  const { bearer } = ctx.request;
  if (bearer === null) return null;
  if (looksLikeApiKey(bearer)) return authenticateKey(ctx, bearer);
  const verified = await ctx.tokens.verifyAccess(bearer);
  if (!verified) throw new AppError('TOKEN_INVALID');
  const judged = judgeToken(verified, ctx);
  const verdict = typeof judged === 'string' ? judged : await judged;
  if (verdict !== 'ok') throw new AppError(verdict);
  const { claims } = verified;
  if (claims.sid === undefined) return clientOf(claims, ctx);
  // The server decides by the new rights at once; who shows them to a person had better ask for them again.
  if (haveRightsChanged(ctx.live.roles(), claims.roles, claims.rv)) ctx.reply.setHeader(RIGHTS_CHANGED, 'true');
  return userOf(claims);
}

/** The call itself is counted when it is known whose it is; what that costs comes out of the address's allowance for verifying. */
async function authenticateKey({ apiKeyReader, limits, request }: AuthenticateCtx, key: string): Promise<ApiKeyCaller> {
  const read = await apiKeyReader.read(key, () => limits.consume('verify', [addressKey(request.ip)]));
  if (typeof read === 'string') throw new AppError(read);
  const { keyId, owner, rights } = read;
  return { kind: 'api_key', id: owner.id, username: owner.username, keyId, rights };
}

const NO_CLIENT: { readonly scopes: readonly string[] } = { scopes: [] };

/** A scope that was taken from the client since its token was made counts no more. */
async function clientOf(claims: ClientClaims, { live }: Pick<Ctx<'live'>, 'live'>): Promise<Caller> {
  const known = live.isStalled() ? undefined : live.client(claims.sub);
  const { scopes } = known ?? (await live.readClient(claims.sub)) ?? NO_CLIENT;
  return { kind: 'client', id: claims.sub, scopes: claims.scope.split(' ').filter((scope) => scopes.includes(scope)) };
}

function userOf(claims: UserClaims): Caller {
  const known = callers.get(claims);
  if (known) return known;
  const caller: Caller = {
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
