// auth.verify and auth.me: what a token is worth, and whose it is.
import {
  evaluate,
  listEffectivePairs,
  normalizePair,
  type SessionUser,
  type VerifyTokenInput,
  type VerifyTokenResult,
} from '@authcenter/shared';
import type { Caller, Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';
import { looksLikeApiKey } from '../../platform/api-keys.ts';
import type { RoleTable } from '../../platform/live/role-table.ts';
import type { UserClaims } from '../../platform/tokens/claims.ts';
import { judgeToken } from '../../platform/tokens/judge.ts';
import { toSessionUser } from '../users/wire.ts';

type VerifyCtx = Ctx<'tokens' | 'apiKeyReader' | 'live' | 'clock' | 'metrics' | 'usage', Caller | null>;

const REFUSED: VerifyTokenResult = { valid: false, allowed: false };

/** From the token and the role table alone: no database read. A client's own token is no user's and answers as a bad one. */
export async function verifyToken(ctx: VerifyCtx, input: VerifyTokenInput): Promise<VerifyTokenResult> {
  if (looksLikeApiKey(input.token)) return verifyApiKey(ctx, input);
  const verified = await ctx.tokens.verifyAccess(input.token);
  if (!verified || verified.claims.sid === undefined) return count(ctx, 'invalid', REFUSED);
  const judged = judgeToken(verified, ctx);
  const verdict = typeof judged === 'string' ? judged : await judged;
  if (verdict !== 'ok') return count(ctx, verdict, { ...REFUSED, reason: verdict });
  const roles = ctx.live.roles();
  const { sub: id, username, email, email_verified, roles: names } = verified.claims;
  const rights = readRights(verified.claims, roles);
  const asked =
    input.resource === undefined || input.action === undefined ? null : normalizePair(input.resource, input.action);
  const allowed = asked === null || evaluate(rights.holder, roles.byName, ctx.clock.now(), asked).allowed;
  return count(ctx, 'valid', {
    valid: true,
    allowed,
    user: { id, username, email, email_verified, roles: names, permissions: rights.permissions },
  });
}

/** Its roles are none: it may do less than they say, and whoever goes by their names must not be misled. */
async function verifyApiKey(ctx: VerifyCtx, { token, resource, action }: VerifyTokenInput): Promise<VerifyTokenResult> {
  const read = await ctx.apiKeyReader.read(token);
  if (read === 'TOKEN_EXPIRED') return count(ctx, read, { ...REFUSED, reason: read });
  if (typeof read === 'string') return count(ctx, 'invalid', REFUSED);
  const { owner, rights } = read;
  const [roles, now] = [ctx.live.roles(), ctx.clock.now()];
  const asked = resource === undefined || action === undefined ? null : normalizePair(resource, action);
  return count(ctx, 'valid', {
    valid: true,
    allowed: asked === null || evaluate(rights, roles.byId, now, asked).allowed,
    user: { ...owner, roles: [], permissions: listEffectivePairs(rights, roles.byId, now) },
  });
}

function count(
  ctx: Ctx<'metrics' | 'usage', Caller | null>,
  outcome: string,
  result: VerifyTokenResult,
): VerifyTokenResult {
  ctx.metrics.verifications.inc({ outcome });
  ctx.usage.count('verification');
  return result;
}

interface Rights {
  readonly table: RoleTable;
  readonly holder: { readonly status: 'active'; readonly grants: { role: string; expires_at: null }[] };
  readonly permissions: string[];
}

const rightsOf = new WeakMap<UserClaims, Rights>();

/** A token is verified many times between two changes of the role table: its rights are worked out once. */
function readRights(claims: UserClaims, table: RoleTable): Rights {
  const known = rightsOf.get(claims);
  if (known?.table === table) return known;
  const holder = { status: 'active' as const, grants: claims.roles.map((role) => ({ role, expires_at: null })) };
  const rights: Rights = { table, holder, permissions: listEffectivePairs(holder, table.byName, new Date(0)) };
  rightsOf.set(claims, rights);
  return rights;
}

export async function readMe(ctx: Ctx<'users' | 'live' | 'clock'>): Promise<SessionUser> {
  const { caller, live, clock } = ctx;
  const user = (await ctx.users.findById(caller.id)) ?? fail('NOT_FOUND');
  const seen = toSessionUser(user, live.roles(), clock.now());
  if (caller.kind === 'user') return seen;
  return { ...seen, roles: [], permissions: listEffectivePairs(caller.rights, live.roles().byId, clock.now()) };
}
