// auth.register by e-mail: one account per name and address, however many ask at once, and nothing told that the mode does not tell.
import type { RegisterInput, RegisterResult } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../context.ts';
import { duplicateKey } from '../../database/errors.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import type { PasswordScheme } from '../../platform/password-hasher.ts';
import { addressKey } from '../../platform/rate-limits.ts';
import { newUserDocument } from '../users/new-user.ts';
import type { UserDocument } from '../users/repository.ts';
import type { OneTimeCodeDocument } from './email/repository.ts';
import { requireOwnOrigin } from './origin.ts';
import { judgePassword } from './password/policy.ts';
import { type OpenCtx, openSession } from './sessions/open.ts';

type RegisterCtx = OpenCtx & Ctx<'codes' | 'hasher' | 'queueMail' | 'limits' | 'hashIdentifier', Caller | null>;

type VerificationMode = RegisterCtx['config']['registration']['email_verification'];

/** A link in a verification mail is good for this long, in ms. */
export const LINK_LIFE = 24 * 3_600_000;
/** A self-registration that proved nothing lapses after this long, in ms. */
const UNVERIFIED_LIFE = 7 * 24 * 3_600_000;

/**
 * @throws AppError VALIDATION_FAILED for the password; ALREADY_EXISTS for a taken user name, and for a taken address where the mode tells it; RATE_LIMITED after too many mails to one address; OVERLOADED
 */
export async function register(ctx: RegisterCtx, input: RegisterInput): Promise<RegisterResult> {
  if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
  const mode = ctx.config.registration.email_verification;
  const weak = judgePassword(input.password, input, { minLength: ctx.config.security.password_min_length });
  if (weak) fail('VALIDATION_FAILED', { errors: [weak] });
  const { hash, scheme } = await ctx.hasher.reserve(ctx.request.signal()).hash(input.password);
  const user = newUser(ctx, input, { hash, scheme });
  const outcome = (await isNameTaken(ctx, user.username)) ? 'username_taken' : await insertUser(ctx, user, mode);
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
  return openSession(ctx, { user, method: 'pwd', device: input.device, transport: input.refresh_transport });
}

function newUser(
  ctx: RegisterCtx,
  { username, email, name }: RegisterInput,
  password: { hash: string; scheme: PasswordScheme },
): UserDocument {
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

/** The unique indexes decide between registrations that come at once. */
async function insertUser(
  ctx: RegisterCtx,
  user: UserDocument,
  mode: VerificationMode,
): Promise<'inserted' | 'username_taken' | 'email_taken'> {
  const email = user.email as string;
  // A mail goes out whoever holds the address: counted before anything is known of it.
  if (mode !== 'off') await ctx.limits.consumeSend(ctx.hashIdentifier(email), addressKey(ctx.request.ip));
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
    await ctx.codes.insert(newCode(ctx, { target: email, pending }, UNVERIFIED_LIFE), tx);
    return ctx.queueMail(
      { template: 'address_taken', user_id: holder._id.toHexString(), locale: ctx.request.language() },
      tx,
    );
  });
  return true;
}

/** Makes the one-time code and the record of its mail; the secret comes to be when the mail is made. */
export async function queueVerification(
  ctx: Ctx<'codes' | 'clock' | 'queueMail', Caller | null>,
  code: Pick<OneTimeCodeDocument, 'target' | 'user_id' | 'pending'>,
  tx: Tx,
): Promise<void> {
  const document = newCode(ctx, code, LINK_LIFE);
  await ctx.codes.insert(document, tx);
  await ctx.queueMail(
    { template: 'verify_email', code_id: document._id.toHexString(), locale: ctx.request.language() },
    tx,
  );
}

function newCode(
  ctx: Ctx<'clock', Caller | null>,
  code: Pick<OneTimeCodeDocument, 'target' | 'user_id' | 'pending'>,
  life: number,
): OneTimeCodeDocument {
  const now = ctx.clock.now();
  return {
    _id: new ObjectId(),
    purpose: 'verify_email',
    ...code,
    created_at: now,
    expires_at: new Date(now.getTime() + life),
  };
}
