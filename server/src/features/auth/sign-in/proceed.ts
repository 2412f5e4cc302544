// Where every way in goes on once somebody has proven who they are: refused, asked for more, or signed in.
import { randomBytes } from 'node:crypto';
import type { MfaSetupRequired, SessionWishes, SignedIn, SignInResult } from '@authcenter/shared';
import { decideNextStep, type NextStep } from '@authcenter/shared/sign-in';
import { ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { recordSuccess, releaseReservation, type Try } from '../lockout/service.ts';
import { queueCode } from '../otp/challenge.ts';
import { type OpenCtx, openSession } from '../sessions/open.ts';
import type { SessionDocument } from '../sessions/repository.ts';
import { readFacts } from './facts.ts';
import type { TicketDocument } from './repository.ts';
import type { TryCtx } from './try.ts';

export type SignInCtx = OpenCtx & TryCtx & Ctx<'tickets' | 'challenges' | 'clients' | 'hashLink', Caller | null>;

export interface Proven {
  /** As read before the proof was looked at; or one that comes to be in `before`. */
  readonly user: UserDocument;
  /** What was shown, in order: `pwd`, `sms`, `oauth:wechat`, …; `mfa` once two factors were. */
  readonly methods: readonly string[];
  readonly wishes: SessionWishes;
  readonly clientId?: string | null;
  /** The session that vouches for this sign-in, where it opens without anything more being shown. */
  readonly parent?: SessionDocument;
  /** The try under the account's lock, to be settled; absent where there was nothing to try. */
  readonly attempt?: Try;
  /** First in the transaction of whatever comes next: spends the code, makes the account. May refuse by throwing. */
  readonly before?: ((tx: Tx) => Promise<void>) | undefined;
  /** Last in the transaction that opens the session. */
  readonly after?: (tx: Tx, sessionId: string) => Promise<void>;
}

/** How long an unfinished sign-in may take, in ms. */
const TICKET_LIFE = { mfa: 5 * 60_000, mfa_setup: 15 * 60_000, password_change: 15 * 60_000 } as const;

/**
 * @throws AppError ACCOUNT_DISABLED; what `before` throws; INVALID_CREDENTIALS when password or factors were changed meanwhile
 */
export async function proceed(ctx: SignInCtx, proven: Proven): Promise<SignInResult> {
  const { user, methods, attempt } = proven;
  try {
    if (user.status !== 'active') fail('ACCOUNT_DISABLED');
    const next = decideNextStep(readFacts(ctx, user), methods, ctx.clock.now());
    if (next.step !== 'open') return await askForMore(ctx, proven, next);
    return await openSession(ctx, {
      ...proven,
      after: async (tx, sessionId) => {
        if (attempt) await recordSuccess(ctx, attempt, tx);
        await proven.after?.(tx, sessionId);
      },
    });
  } catch (error) {
    // The proof was right: a try that came to nothing must not lapse as a failure.
    if (attempt) await releaseReservation(ctx, attempt);
    ctx.metrics.signIns.inc({ way: methods[0] ?? '', outcome: codeOf(error) });
    throw error;
  }
}

/** Into an account that was just made: it has no factor to ask for yet, and its password is new. */
export async function proceedAnew(ctx: SignInCtx, proven: Proven): Promise<SignedIn | MfaSetupRequired> {
  const result = await proceed(ctx, proven);
  if (result.status === 'ok' || result.status === 'mfa_setup_required') return result;
  throw new Error(`a new account was asked for more: ${result.status}`);
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';

type MoreToShow = Exclude<NextStep, { step: 'open' }>;

async function askForMore(ctx: SignInCtx, proven: Proven, next: MoreToShow): Promise<SignInResult> {
  const token = randomBytes(32).toString('base64url');
  const ticket = newTicket(ctx, proven, next, ctx.hashLink(token));
  await ctx.transact(async (tx) => {
    await proven.before?.(tx);
    const { email } = proven.user;
    if (ticket.offered.includes('email') && email !== undefined)
      ticket.challenge_id = await queueCode(ctx, { purpose: 'confirm', channel: 'email', target: email }, tx);
    await ctx.tickets.insert(ticket, tx);
    // Not cleared: whoever knows the password would have as many tries at the second factor as they like.
    if (proven.attempt) await releaseReservation(ctx, proven.attempt, tx);
  });
  ctx.metrics.signIns.inc({ way: proven.methods[0] ?? '', outcome: `${next.step}_required` });
  const expires_in = TICKET_LIFE[ticket.kind] / 1000;
  switch (next.step) {
    case 'mfa':
      return { status: 'mfa_required', mfa_token: token, methods: [...next.methods], expires_in };
    case 'mfa_setup':
      return { status: 'mfa_setup_required', setup_token: token, methods: ['totp', 'passkey'], expires_in };
    case 'password_change':
      return { status: 'password_change_required', change_token: token, expires_in };
  }
}

function newTicket(
  ctx: SignInCtx,
  { user, methods, wishes, clientId }: Proven,
  next: MoreToShow,
  secretHash: string,
): TicketDocument {
  const now = ctx.clock.now();
  const { device_type, device_name } = wishes.device ?? {};
  const offered = next.step === 'mfa' ? [...next.methods] : [];
  return {
    _id: new ObjectId(),
    kind: next.step,
    secret_hash: secretHash,
    user_id: user._id,
    methods: [...methods],
    offered,
    ...(offered.includes('new_account') && user.phone !== undefined ? { phone: user.phone } : {}),
    password_changed_at: user.security.password_changed_at,
    factors_changed_at: user.security.factors_changed_at ?? null,
    challenge_id: null,
    transport: wishes.refresh_transport,
    device: wishes.device
      ? { ...(device_type === undefined ? {} : { device_type }), ...(device_name === undefined ? {} : { device_name }) }
      : null,
    client_id: clientId ?? null,
    tries: 0,
    created_at: now,
    expires_at: new Date(now.getTime() + TICKET_LIFE[next.step]),
  };
}
