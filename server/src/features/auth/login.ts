// auth.login: one door for every way in that needs no detour.
import type { LoginInput, SignInResult } from '@authcenter/shared';
import type { Caller, Ctx } from '../../context.ts';
import { loginByMagicLink } from './email/login.ts';
import { requireOwnOrigin } from './origin.ts';
import { loginByCode } from './otp/login.ts';
import { loginByPasskey } from './passkeys/login.ts';
import { loginByPassword } from './password/login.ts';
import type { SignInCtx } from './sign-in/proceed.ts';

export type LoginCtx = SignInCtx & Ctx<'hasher' | 'codes' | 'passkeys' | 'passkeyChallenges', Caller | null>;

/** @throws AppError ORIGIN_REFUSED for a cookie from a foreign page, and what the way in throws */
export async function login(ctx: LoginCtx, input: LoginInput): Promise<SignInResult> {
  if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
  if ('password' in input) return loginByPassword(ctx, input);
  if ('code' in input) return loginByCode(ctx, input);
  if ('magic_token' in input) return loginByMagicLink(ctx, input);
  return loginByPasskey(ctx, input);
}
