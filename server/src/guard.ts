// The guard in front of every procedure: who calls, how often, with what right, how lately proven; before any input is parsed.
import { type AccessRule, bringsTicket, decideAccess, listPairs, namesSelf } from './access.ts';
import { codeOf } from './answer-error.ts';
import { authenticate } from './authenticate.ts';
import type { Caller, Ctx } from './context.ts';
import type { Deps } from './deps.ts';
import { AppError, fail } from './errors.ts';
import { addressKey, type LimitName } from './platform/rate-limits.ts';
import { mapItems, readUntil } from './platform/stream.ts';
import { requireFreshProof } from './proof.ts';

/** The context while the guard works on it. The calls of a batch share one, and its credentials are read once. */
export type GuardedCtx = Omit<Ctx<keyof Deps, null>, 'caller'> & {
  caller: Caller | null;
  credentials?: Promise<Caller | null>;
  /** Why the credentials were not good, while a ticket may still stand in for them. */
  refusal?: unknown;
};

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
  // Where a ticket may stand in for a session only the input can tell (`checkTicket`).
  if (!ctx.caller && rule.ticketFields.length > 0) {
    ctx.refusal = refusal;
    return;
  }
  if (refusal !== undefined) throw refusal;
  if (!ctx.caller) fail('UNAUTHENTICATED');
  checkAccess(ctx, rule, ctx.caller);
  if (declaration.stepUp) requireFreshProof(ctx);
}

/**
 * Asked again before each item of a stream: an expired token, a revoked session and a lost right end it.
 *
 * @throws AppError UNAUTHENTICATED and its kin, PERMISSION_DENIED
 */
export async function guardItem(ctx: GuardedCtx, rule: AccessRule): Promise<void> {
  // Who began without credentials has none to lose.
  const caller = ctx.caller && (await authenticate(ctx));
  if (caller) checkAccess(ctx, rule, caller);
}

/** @throws AppError PERMISSION_DENIED */
function checkAccess({ live, clock }: GuardedCtx, rule: AccessRule, caller: Caller): void {
  // Where a user may pass as themselves only the input can tell (`checkSelf`).
  if (caller.kind === 'user' && rule.selfFields.length > 0) return;
  const decision = decideAccess(rule, caller, live.roles(), clock.now());
  if (decision.pass === false) fail('PERMISSION_DENIED', decision);
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

interface Outcome {
  readonly ok: boolean;
  readonly data?: unknown;
  readonly error?: unknown;
}

/**
 * Whoever has no session must bring a ticket.
 *
 * @throws AppError UNAUTHENTICATED, or what was wrong with the credentials
 */
export function checkTicket(ctx: GuardedCtx, rule: AccessRule, input: unknown): void {
  if (ctx.caller || rule.ticketFields.length === 0 || bringsTicket(rule.ticketFields, input)) return;
  throw ctx.refusal ?? new AppError('UNAUTHENTICATED');
}

/** Counts and times one call. */
export async function observe<Result extends Outcome>(
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

/** Counts and times a stream as one call, from its opening to its end; the client's going away is an end as good as any. */
export async function observeStream<Result extends Outcome>(
  ctx: GuardedCtx,
  procedure: string,
  open: () => Promise<Result>,
): Promise<Result> {
  const signal = ctx.request.signal();
  const stop = ctx.metrics.startTimer(ctx.request.door, procedure);
  const follow = async function* (source: AsyncIterable<unknown>, giveBack: () => void) {
    let outcome: string = 'ok';
    try {
      yield* readUntil(source, signal);
    } catch (error) {
      if (!signal.aborted) outcome = codeOf(error);
      throw error;
    } finally {
      stop(outcome);
      giveBack();
    }
  };
  try {
    const result = await open();
    if (!result.ok) {
      stop(codeOf(result.error));
      return result;
    }
    const giveBack = takeStream(ctx);
    // A stream that nobody began to read does not come to its end.
    signal.addEventListener('abort', giveBack, { once: true });
    return { ...result, data: follow(result.data as AsyncIterable<unknown>, giveBack) };
  } catch (error) {
    stop(codeOf(error));
    throw error;
  }
}

/** A whole company may look at a sign-in page from behind one address; a service's instances all follow the feed. */
const MOST_STREAMS = { address: 500, client: 10_000 };

/** @throws AppError RATE_LIMITED */
const takeStream = ({ caller, openStreams, request }: GuardedCtx): (() => void) =>
  caller?.kind === 'client'
    ? openStreams.take(`client ${caller.id}`, MOST_STREAMS.client)
    : openStreams.take(addressKey(request.ip), MOST_STREAMS.address);

/** What opening a stream came to; of its items each that `check` lets pass. */
export async function checkItems<Result extends Outcome>(
  opening: Promise<Result>,
  check: () => void | Promise<void>,
): Promise<Result> {
  const result = await opening;
  if (!result.ok) return result;
  const checked = mapItems(result.data as AsyncIterable<unknown>, async (item) => {
    await check();
    return item;
  });
  return { ...result, data: checked };
}
