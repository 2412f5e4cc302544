// auth.login by e-mail or user name and password.
import type { LoginInput, SignedIn } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { UserDocument } from '../../users/repository.ts';
import { recordFailure, recordSuccess, releaseReservation, reserveLoginTry, type Try } from '../lockout/service.ts';
import { requireOwnOrigin } from '../origin.ts';
import { openSession } from '../sessions/open.ts';
import { rehashPassword } from './rehash.ts';

type LoginCtx = Ctx<
  | 'users'
  | 'sessions'
  | 'attempts'
  | 'hashIdentifier'
  | 'hasher'
  | 'transact'
  | 'tokens'
  | 'live'
  | 'clock'
  | 'config'
  | 'publicUrl'
  | 'audit'
  | 'log'
  | 'metrics'
  | 'queueMail',
  Caller | null
>;

/**
 * @throws AppError INVALID_CREDENTIALS alike for an unknown user and a wrong password; ACCOUNT_LOCKED, RATE_LIMITED, OVERLOADED before any
 *   password is looked at; ORIGIN_REFUSED for a cookie from a foreign page; ACCOUNT_DISABLED, EMAIL_NOT_VERIFIED only after the right one
 */
export async function login(ctx: LoginCtx, input: LoginInput): Promise<SignedIn> {
  if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
  const identifier = 'email' in input ? { email: input.email } : { username: input.username };
  const typed = 'email' in input ? input.email : input.username;
  // A place in the queue first: refused for want of one, a call costs nothing and reserves nothing.
  const slot = ctx.hasher.reserve(ctx.request.signal);
  const attempt = await reserveLoginTry(ctx, typed).catch((refusal: unknown) => {
    slot.release();
    throw refusal;
  });
  const checked = await checkPassword(ctx, identifier, input.password, slot).catch(async (error: unknown) => {
    // The client went away, or the database did: nothing was guessed.
    await releaseReservation(ctx, attempt);
    throw error;
  });
  if (!checked.ok) return refuseWrong(ctx, attempt, checked.user);
  const { user } = checked;
  const refusal = user.status !== 'active' ? 'ACCOUNT_DISABLED' : mustVerify(ctx, user) ? 'EMAIL_NOT_VERIFIED' : null;
  if (refusal) {
    await releaseReservation(ctx, attempt);
    ctx.metrics.signIns.inc({ way: 'pwd', outcome: refusal });
    fail(refusal);
  }
  const signedIn = await openSession(ctx, {
    user,
    method: 'pwd',
    device: input.device,
    transport: input.refresh_transport,
    alongside: (tx) => recordSuccess(ctx, attempt, tx),
  }).catch(async (error: unknown) => {
    // The password was right: a try that came to nothing must not lapse as a failure.
    await releaseReservation(ctx, attempt);
    throw error;
  });
  if (checked.needsRehash) await rehashPassword(ctx, user, input.password);
  return signedIn;
}

type Checked = { ok: true; user: UserDocument; needsRehash: boolean } | { ok: false; user: UserDocument | null };

async function checkPassword(
  ctx: LoginCtx,
  identifier: { email: string } | { username: string },
  password: string,
  slot: ReturnType<LoginCtx['hasher']['reserve']>,
): Promise<Checked> {
  try {
    const user = await ctx.users.findByLogin(identifier);
    const stored = user?.password_hash ? { hash: user.password_hash, scheme: user.password_scheme ?? 'bcrypt' } : null;
    const { ok, needsRehash } = await slot.verify(password, stored);
    return ok && user ? { ok, user, needsRehash } : { ok: false, user };
  } finally {
    slot.release();
  }
}

const mustVerify = (ctx: LoginCtx, user: UserDocument): boolean =>
  ctx.config.registration.email_verification === 'required' && user.email !== undefined && !user.email_verified;

async function refuseWrong(ctx: LoginCtx, attempt: Try, user: UserDocument | null): Promise<never> {
  const userId = user?._id.toHexString() ?? null;
  const closed = await ctx.transact(async (tx) => {
    const lock = await recordFailure(ctx, attempt, tx);
    await recordAct(ctx, tx, {
      act: 'auth.login',
      outcome: 'failure',
      target: { kind: 'user', id: userId },
      details: { method: 'pwd', identifier: attempt.identifier, locked: lock !== 'none' },
    });
    // Queued for unknown identifiers too: time must not tell. The mailer drops what has no recipient. Told once, however
    // many sources come to be locked.
    if (lock === 'first')
      await ctx.queueMail({ template: 'account_locked', user_id: userId, locale: ctx.request.language() }, tx);
    return lock;
  });
  if (closed !== 'none') {
    ctx.metrics.lockedAccounts.inc();
    ctx.metrics.securityEvents.inc({ type: 'account_locked' });
  }
  ctx.metrics.signIns.inc({ way: 'pwd', outcome: 'INVALID_CREDENTIALS' });
  ctx.log.auth.info(
    { identifier: attempt.identifier, way: 'pwd', ip: ctx.request.ip, request_id: ctx.request.id },
    'sign-in refused',
  );
  return fail('INVALID_CREDENTIALS');
}
