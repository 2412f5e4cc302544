// auth.login by a passkey alone: possession and PIN or finger, two factors in one.
import type { LoginInput, SignInResult } from '@authcenter/shared';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { requireUnlocked } from '../lockout/service.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import { accountKey } from '../sign-in/try.ts';
import { checkAssertion } from './assertion.ts';

/** @throws AppError INVALID_CREDENTIALS for whatever is not good; ACCOUNT_LOCKED; ACCOUNT_DISABLED */
export async function loginByPasskey(
  ctx: SignInCtx & Ctx<'passkeys' | 'passkeyChallenges', Caller | null>,
  input: Extract<LoginInput, { assertion: unknown }>,
): Promise<SignInResult> {
  const good = await checkAssertion(ctx, input.assertion, { purpose: 'login', user: null });
  const user = good && (await ctx.users.findById(good.passkey.user_id.toHexString()));
  if (!user) {
    ctx.metrics.signIns.inc({ way: 'passkey', outcome: 'INVALID_CREDENTIALS' });
    return fail('INVALID_CREDENTIALS', { detail: 'This passkey is not known here, or its answer came too late' });
  }
  const attempt = await requireUnlocked(ctx, accountKey(user._id.toHexString()));
  return proceed(ctx, { user, methods: ['passkey', TWO_FACTORS], wishes: input, attempt, before: good.spend });
}
