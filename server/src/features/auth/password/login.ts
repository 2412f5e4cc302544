// auth.login by a name and a password.
import type { LoginInput, SignInResult } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { normalizePhone } from '../../../platform/phone.ts';
import type { UserDocument } from '../../users/document.ts';
import type { LoginName } from '../../users/repository.ts';
import { releaseReservation } from '../lockout/service.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import { tryProof } from '../sign-in/try.ts';
import { findClaim, isOfLastClaim, keyOfClaim } from './claim.ts';
import { rehashPassword } from './rehash.ts';

type PasswordCtx = SignInCtx & Ctx<'hasher' | 'codes', Caller | null>;
export type PasswordLogin = Extract<LoginInput, { password: string }>;

/**
 * @throws AppError INVALID_CREDENTIALS alike for an unknown user and a wrong password; ACCOUNT_LOCKED, RATE_LIMITED, OVERLOADED before any
 *   password is looked at; ACCOUNT_DISABLED only after the right one; EMAIL_NOT_VERIFIED after that of the last registration
 */
export async function loginByPassword(ctx: PasswordCtx, input: PasswordLogin): Promise<SignInResult> {
  const login = readName(ctx, input);
  // A place in the queue first: refused for want of one, a call costs nothing and reserves nothing.
  const slot = ctx.hasher.reserve(ctx.request.signal());
  try {
    const user = await ctx.users.findByLogin(login);
    const claim = await findClaim(ctx, login);
    const options = {
      user,
      identifier: (!user && claim && (await keyOfClaim(ctx, claim))) || Object.values(login).join(),
      way: 'pwd',
      refusal: 'INVALID_CREDENTIALS',
    } as const;
    const { proof, attempt } = await tryProof(ctx, options, async () => {
      const { ok, needsRehash } = await slot.verify(input.password, readHash(user));
      if (ok && user && !mustVerify(ctx, user)) return { user, needsRehash };
      return (await isOfLastClaim(ctx, claim, input.password, ok)) ? 'unverified' : null;
    });
    if (proof === 'unverified') {
      await releaseReservation(ctx, attempt);
      ctx.metrics.signIns.inc({ way: 'pwd', outcome: 'EMAIL_NOT_VERIFIED' });
      fail('EMAIL_NOT_VERIFIED');
    }
    const result = await proceed(ctx, { user: proof.user, methods: ['pwd'], wishes: input, attempt });
    if (proof.needsRehash) await rehashPassword(ctx, proof.user, input.password);
    return result;
  } finally {
    slot.release();
  }
}

/** What looks like an address is one, also where a user name was asked for. */
function readName(ctx: PasswordCtx, input: PasswordLogin): LoginName {
  if ('email' in input) return { email: input.email };
  if ('phone' in input) return { phone: normalizePhone(input.phone, ctx.config.auth.default_region) };
  return input.username.includes('@') ? { email: input.username } : { username: input.username };
}

const readHash = (user: UserDocument | null) =>
  user?.password_hash ? { hash: user.password_hash, scheme: user.password_scheme ?? ('bcrypt' as const) } : null;

/** Who has proven a phone number or another sign-in is somebody already. */
const mustVerify = ({ config }: PasswordCtx, user: UserDocument): boolean =>
  user.status === 'active' &&
  config.registration.email_verification === 'required' &&
  user.email !== undefined &&
  !user.email_verified &&
  !user.phone_verified;
