// Registrations that wait for their link, as a sign-in by password meets them: what registering does not tell, signing in must not tell either.
import type { Caller, Ctx } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import type { LoginName } from '../../users/repository.ts';
import type { OneTimeCodeDocument } from '../email/repository.ts';
import { accountKey } from '../sign-in/try.ts';

type ClaimCtx = Ctx<'codes' | 'users' | 'hasher' | 'config' | 'clock', Caller | null>;

const isRequired = ({ config }: ClaimCtx): boolean => config.registration.email_verification === 'required';

/**
 * The registration that was the last to claim a name. One for a taken address is answered as one for a free address is: whoever made
 * it is to hear EMAIL_NOT_VERIFIED in either case.
 *
 * @returns null where the mode tells taken addresses anyway
 */
export async function findClaim(ctx: ClaimCtx, login: LoginName): Promise<OneTimeCodeDocument | null> {
  if (!isRequired(ctx) || 'phone' in login) return null;
  const now = ctx.clock.now();
  return 'email' in login
    ? ctx.codes.findNewestClaim(login.email, now)
    : ctx.codes.findPendingUsername(login.username, now);
}

/** Name and address of a registration share an allowance, as they do where it made an account. @returns null: nobody holds the address */
export async function keyOfClaim({ users }: ClaimCtx, { target }: OneTimeCodeDocument): Promise<string | null> {
  const holder = await users.findByLogin({ email: target });
  return holder && accountKey(holder._id.toHexString());
}

/**
 * Whether this password is of the last registration under the name: the account's own (`isHolders`), where nobody came after it.
 * Whoever does not get in costs this comparison, whether there is anything to compare with or not: else time would tell.
 */
export async function isOfLastClaim(
  ctx: ClaimCtx,
  claim: OneTimeCodeDocument | null,
  password: string,
  isHolders: boolean,
): Promise<boolean> {
  if (!isRequired(ctx)) return isHolders;
  const { pending } = claim ?? {};
  const stored = pending ? { hash: pending.password_hash, scheme: pending.password_scheme } : null;
  try {
    // Not dropped when the caller goes away, and refused for want of room it is a failure: by now a wrong guess has been looked at.
    const { ok } = await ctx.hasher.reserve().verify(password, stored);
    return stored ? ok : isHolders;
  } catch (error) {
    if (error instanceof AppError && error.code === 'OVERLOADED') return false;
    throw error;
  }
}
