// The guard in front of every procedure: who calls, how often, with what right, how lately proven; before any input is parsed.
import { type AccessRule, decideAccess, listPairs, namesSelf } from './access.ts';
import { codeOf } from './answer-error.ts';
import { authenticate } from './authenticate.ts';
import type { Caller, Ctx } from './context.ts';
import type { Deps } from './deps.ts';
import { fail } from './errors.ts';
import { addressKey, type LimitName } from './platform/rate-limits.ts';

/** The context while the guard works on it. The calls of a batch share one, and its credentials are read once. */
export type GuardedCtx = Omit<Ctx<keyof Deps, null>, 'caller'> & {
  caller: Caller | null;
  credentials?: Promise<Caller | null>;
};

/** The proof of identity that a dangerous act demands is at most this old, in seconds. */
const PROOF_AGE = 600;

interface Guarded {
  readonly limit: LimitName;
  readonly stepUp?: boolean;
}

/** @throws AppError UNAUTHENTICATED and its kin, RATE_LIMITED, PERMISSION_DENIED, STEP_UP_REQUIRED */
export async function guard(ctx: GuardedCtx, declaration: Guarded, rule: AccessRule): Promise<void> {
  ctx.credentials ??= authenticate(ctx);
  let refusal: unknown;
  try {
    ctx.caller = await ctx.credentials;
  } catch (error) {
    refusal = error;
  }
  await countCall(ctx, declaration.limit);
  // A bearer that does not verify is ignored on public procedures.
  if (rule.isPublic) return;
  if (refusal !== undefined) throw refusal;
  if (!ctx.caller) fail('UNAUTHENTICATED');
  const now = ctx.clock.now();
  // Where a user may pass as themselves only the input can tell (`checkSelf`).
  if (ctx.caller.kind === 'client' || rule.selfFields.length === 0) {
    const decision = decideAccess(rule, ctx.caller, ctx.live.roles(), now);
    if (decision.pass === false) fail('PERMISSION_DENIED', decision);
  }
  if (declaration.stepUp && ctx.caller.kind === 'user' && now.getTime() / 1000 - ctx.caller.authTime > PROOF_AGE)
    fail('STEP_UP_REQUIRED');
}

/** Applications act for many people from few addresses: each has an allowance of its own in place of its address's. */
const COUNTED_BY_CLIENT = new Set<LimitName>(['read', 'write', 'verify']);

/** @throws AppError RATE_LIMITED */
function countCall({ caller, limits, request }: GuardedCtx, limit: LimitName): Promise<void> {
  if (caller?.kind === 'client' && COUNTED_BY_CLIENT.has(limit))
    return limits.consume('verify', [`client ${caller.id}`]);
  const address = addressKey(request.ip);
  return limits.consume(limit, caller ? [address, `${caller.kind} ${caller.id}`] : [address]);
}

/**
 * Whoever passes only as themselves must be the one the input names.
 *
 * @throws AppError PERMISSION_DENIED
 */
export function checkSelf(ctx: GuardedCtx, rule: AccessRule, input: unknown): void {
  const { caller } = ctx;
  if (rule.selfFields.length === 0 || !caller) return;
  if (caller.kind === 'user' && rule.selfFields.some((field) => namesSelf(field, input, caller.id))) return;
  if (decideAccess(rule, caller, ctx.live.roles(), ctx.clock.now()).pass === true) return;
  fail('PERMISSION_DENIED', { permission: listPairs(rule) || 'self' });
}

/** Counts and times one call. */
export async function observe<Result extends { ok: boolean; error?: unknown }>(
  ctx: GuardedCtx,
  procedure: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { door } = ctx.request;
  const stop = ctx.metrics.startTimer(door, procedure);
  try {
    const result = await work();
    stop(result.ok ? 'ok' : codeOf(result.error));
    return result;
  } catch (error) {
    stop(codeOf(error));
    throw error;
  }
}
