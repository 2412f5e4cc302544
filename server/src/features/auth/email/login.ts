// auth.login by the link of a mail, where magic links are switched on.
import type { LoginInput, SignInResult } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { requireUnlocked } from '../lockout/service.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import { accountKey } from '../sign-in/try.ts';

/** @throws AppError INVALID_CODE for what is unknown, used or lapsed; ACCOUNT_LOCKED; ACCOUNT_DISABLED */
export async function loginByMagicLink(
  ctx: SignInCtx & Ctx<'codes' | 'challenges', Caller | null>,
  input: Extract<LoginInput, { magic_token: string }>,
): Promise<SignInResult> {
  const hash = ctx.hashLink(input.magic_token);
  // Where they are switched off, none was made; one made before is void.
  const code = ctx.config.auth.magic_link ? await ctx.codes.find('magic_link', hash, ctx.clock.now()) : null;
  const user = code?.user_id ? await ctx.users.findById(code.user_id.toHexString()) : null;
  if (!code || !user || user.email !== code.target || !user.email_verified) return fail('INVALID_CODE');
  const attempt = await requireUnlocked(ctx, accountKey(user._id.toHexString()));
  return proceed(ctx, {
    user,
    methods: ['email'],
    wishes: input,
    attempt,
    async before(tx) {
      if (!(await ctx.codes.consume('magic_link', hash, ctx.clock.now(), tx))) fail('INVALID_CODE');
    },
    // The mail offered either: once in by one of them, the other is void. Until then it is the way on where a page's link was not enough.
    after: (tx) => ctx.challenges.removeForTarget('login', code.target, tx),
  });
}
