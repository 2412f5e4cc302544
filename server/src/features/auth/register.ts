// auth.register: by e-mail and password, or by a phone number and the code sent to it.
import type { RegisterInput, RegisterResult } from '@authcenter/shared';
import type { Caller, Ctx } from '../../context.ts';
import { registerByEmail } from './email/register.ts';
import type { LoginCtx } from './login.ts';
import { requireOwnOrigin } from './origin.ts';
import { registerByPhone } from './otp/register.ts';

/** @throws AppError ORIGIN_REFUSED for a cookie from a foreign page, and what the way throws */
export async function register(
  ctx: LoginCtx & Ctx<'breached' | 'captcha' | 'limits', Caller | null>,
  input: RegisterInput,
): Promise<RegisterResult> {
  if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
  return 'phone' in input ? registerByPhone(ctx, input) : registerByEmail(ctx, input);
}
