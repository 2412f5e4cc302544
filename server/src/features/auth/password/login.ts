// auth.login by e-mail or user name and password.
import type { LoginInput, SignedIn } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { HashSlot } from '../../../platform/password-hasher.ts';
import type { UserDocument } from '../../users/repository.ts';
import { recordFailure, recordSuccess, releaseReservation, reserveLoginTry, type Try } from '../lockout/service.ts';
import { requireOwnOrigin } from '../origin.ts';
import { type OpenCtx, openSession } from '../sessions/open.ts';
import { rehashPassword } from './rehash.ts';

type LoginCtx = OpenCtx & Ctx<'attempts' | 'hashIdentifier' | 'hasher' | 'queueMail', Caller | null>;

/**
 * @throws AppError INVALID_CREDENTIALS alike for an unknown user and a wrong password; ACCOUNT_LOCKED, RATE_LIMITED, OVERLOADED before any
 *   password is looked at; ORIGIN_REFUSED for a cookie from a foreign page; ACCOUNT_DISABLED, EMAIL_NOT_VERIFIED only after the right one
 */
export async function login(ctx: LoginCtx, input: LoginInput): Promise<SignedIn> {
  if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
  const login = readLogin(input);
  // A place in the queue first: refused for want of one, a call costs nothing and reserves nothing.
  const slot = ctx.hasher.reserve(ctx.request.signal());
  try {
    const user = await ctx.users.findByLogin(login);
    // An account has one allowance, by whichever of its names it is tried; who is unknown is counted by what was typed.
    const attempt = await reserveLoginTry(
      ctx,
      user ? `account ${user._id.toHexString()}` : Object.values(login).join(),
    );
    return await tryPassword(ctx, input, slot, user, attempt);
  } finally {
    slot.release();
  }
}

/** What looks like an address is one, also where a user name was asked for. */
function readLogin(input: LoginInput): { email: string } | { username: string } {
  if ('email' in input) return { email: input.email };
  return input.username.includes('@') ? { email: input.username } : { username: input.username };
}

async function tryPassword(
  ctx: LoginCtx,
  input: LoginInput,
  slot: HashSlot,
  found: UserDocument | null,
  attempt: Try,
): Promise<SignedIn> {
  const checked = await checkPassword(found, input.password, slot).catch(async (error: unknown) => {
    // The client went away: nothing was guessed.
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

async function checkPassword(user: UserDocument | null, password: string, slot: HashSlot): Promise<Checked> {
  const stored = user?.password_hash ? { hash: user.password_hash, scheme: user.password_scheme ?? 'bcrypt' } : null;
  const { ok, needsRehash } = await slot.verify(password, stored);
  return ok && user ? { ok, user, needsRehash } : { ok: false, user };
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
