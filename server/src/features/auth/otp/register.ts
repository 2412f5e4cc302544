// auth.register by a phone number and the code sent to it.
import type { RegisterInput, RegisterResult } from '@authcenter/shared';
import { fail } from '../../../errors.ts';
import { releaseReservation } from '../lockout/service.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { tryProof } from '../sign-in/try.ts';
import { openByPhone } from './account.ts';
import { answerChallenge } from './challenge.ts';
import { readContact } from './contact.ts';

export type PhoneRegistration = Extract<RegisterInput, { phone: string }>;

/** @throws AppError INVALID_CODE; ALREADY_EXISTS only after the right one; ACCOUNT_LOCKED, RATE_LIMITED */
export async function registerByPhone(ctx: SignInCtx, input: PhoneRegistration): Promise<RegisterResult> {
  const { target: phone } = readContact(ctx, input);
  const holder = await ctx.users.findByLogin({ phone });
  const { code, challenge_id: challengeId, name = null } = input;
  const { proof, attempt } = await tryProof(
    ctx,
    { user: holder, identifier: phone, way: 'sms', refusal: 'INVALID_CODE' },
    () => answerChallenge(ctx, { purpose: 'register', target: phone, code, challengeId }),
  );
  if (holder) {
    await releaseReservation(ctx, attempt);
    return refuseTaken();
  }
  return openByPhone(ctx, { phone, name, wishes: input, attempt, spend: proof.spend, refuseTaken });
}

const refuseTaken = () =>
  fail('ALREADY_EXISTS', {
    detail: 'The phone number has an account: sign in',
    errors: [{ path: 'phone', message: 'is taken' }],
  });
