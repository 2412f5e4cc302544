// auth.register by e-mail: one account per name and address, however many ask at once, and nothing told that the mode does not tell.
import type { RegisterInput, RegisterResult } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { duplicateKey } from '../../../database/errors.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { PasswordHash } from '../../../platform/password-hasher.ts';
import type { UserDocument } from '../../users/document.ts';
import { newUserDocument } from '../../users/new-user.ts';
import { type AllowCtx, allowSend } from '../messages/allow-send.ts';
import { requireGoodPassword } from '../password/choose.ts';
import { proceedAnew, type SignInCtx } from '../sign-in/proceed.ts';
import { newLinkCode, queueVerification, UNVERIFIED_LIFE } from './link-code.ts';

type RegisterCtx = SignInCtx & AllowCtx & Ctx<'codes' | 'hasher' | 'breached', Caller | null>;

export type EmailRegistration = Extract<RegisterInput, { email: string }>;

type VerificationMode = RegisterCtx['config']['registration']['email_verification'];

/**
 * @throws AppError VALIDATION_FAILED for the password; ALREADY_EXISTS for a taken user name, and for a taken address where the mode tells it; RATE_LIMITED, CAPTCHA_REQUIRED after too many mails to one address; OVERLOADED
 */
export async function registerByEmail(ctx: RegisterCtx, input: EmailRegistration): Promise<RegisterResult> {
  const mode = ctx.config.registration.email_verification;
  await requireGoodPassword(ctx, input.password, input, 'password');
  const hashed = await ctx.hasher.reserve(ctx.request.signal()).hash(input.password);
  const user = newUser(ctx, input, hashed);
  const [isTaken, holder] = await Promise.all([
    isNameTaken(ctx, user.username),
    ctx.users.findByLogin({ email: input.email }),
  ]);
  // A mail goes out whoever holds the address: counted before anything depends on that.
  if (!isTaken && mode !== 'off') await allowSend(ctx, { channel: 'email', target: input.email }, input.captcha);
  const outcome = isTaken ? 'username_taken' : holder ? 'email_taken' : await insertUser(ctx, user, mode);
  if (outcome === 'username_taken')
    fail('ALREADY_EXISTS', { detail: 'The user name is taken', errors: [{ path: 'username', message: 'is taken' }] });
  if (outcome === 'email_taken') {
    const waits = await answerTakenAddress(ctx, user, mode);
    if (!waits)
      fail('ALREADY_EXISTS', {
        detail: 'The e-mail address is taken',
        errors: [{ path: 'email', message: 'is taken' }],
      });
    return { status: 'verification_required' };
  }
  if (mode === 'required') return { status: 'verification_required' };
  return proceedAnew(ctx, { user, methods: ['pwd'], wishes: input });
}

function newUser(ctx: RegisterCtx, { username, email, name }: EmailRegistration, password: PasswordHash): UserDocument {
  const now = ctx.clock.now();
  const lapses =
    ctx.config.registration.email_verification === 'required'
      ? { unverified_until: new Date(now.getTime() + UNVERIFIED_LIFE) }
      : {};
  return newUserDocument(
    { username, email, email_verified: false, name: name ?? null, password, ...lapses },
    ctx.live.roles(),
    now,
  );
}

/** Told in every mode, and looked for first: an insert names only one of two collisions. */
async function isNameTaken(ctx: RegisterCtx, username: string): Promise<boolean> {
  // A name that waits in a link is taken too: else trying it again would tell whether the address of the first try was.
  const [holder, waiting] = await Promise.all([
    ctx.users.findByLogin({ username }),
    ctx.codes.findPendingUsername(username, ctx.clock.now()),
  ]);
  return holder !== null || waiting !== null;
}

/** Whoever held the names a moment before, the unique indexes decide between registrations that come at once. */
async function insertUser(
  ctx: RegisterCtx,
  user: UserDocument,
  mode: VerificationMode,
): Promise<'inserted' | 'username_taken' | 'email_taken'> {
  const email = user.email as string;
  try {
    await ctx.transact(async (tx) => {
      await ctx.users.insert(user, tx);
      await recordAct(ctx, tx, {
        act: 'auth.register',
        target: { kind: 'user', id: user._id.toHexString() },
        details: { username: user.username },
      });
      if (mode !== 'off') await queueVerification(ctx, { target: email, user_id: user._id }, tx);
    });
    return 'inserted';
  } catch (error) {
    const field = duplicateKey(error);
    if (field === 'username') return 'username_taken';
    if (field === 'email') return 'email_taken';
    throw error;
  }
}

/**
 * The address stands on another account. Of a verified one its owner is told by mail; an unverified one holds it only until
 * somebody proves it: this registration waits in its own mail's link, and the link opened first makes that account.
 *
 * @returns whether the answer is to be that of a registration that waits
 */
async function answerTakenAddress(ctx: RegisterCtx, user: UserDocument, mode: VerificationMode): Promise<boolean> {
  const email = user.email as string;
  const holder = await ctx.users.findByLogin({ email });
  if (mode === 'off' || (mode === 'optional' && holder?.email_verified)) return false;
  const pending = {
    username: user.username,
    name: user.profile.name,
    password_hash: user.password_hash as string,
    password_scheme: user.password_scheme ?? 'bcrypt',
  };
  await ctx.transact(async (tx) => {
    if (!holder?.email_verified) return queueVerification(ctx, { target: email, pending }, tx);
    // Kept as the others are, but no link to it will ever exist.
    await ctx.codes.insert(newLinkCode('verify_email', { target: email, pending }, ctx.clock.now()), tx);
    return ctx.queueMessage(
      { kind: 'address_taken', user_id: holder._id.toHexString(), locale: ctx.request.language() },
      tx,
    );
  });
  return true;
}
