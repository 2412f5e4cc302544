// auth.password.forgot: a link by mail, or a code by SMS; the answer never tells whether there is an account.
import type { ForgotPasswordInput } from '@authcenter/shared';
import { allowSend } from '../messages/allow-send.ts';
import { queueCode } from '../otp/challenge.ts';
import { readContact } from '../otp/contact.ts';
import type { SendCtx } from '../otp/send.ts';

/** @throws AppError VALIDATION_FAILED for a number that is none; RATE_LIMITED, CAPTCHA_REQUIRED */
export async function forgetPassword(ctx: SendCtx, input: ForgotPasswordInput): Promise<void> {
  const contact = readContact(ctx, input);
  await allowSend(ctx, contact, input.captcha);
  const { channel, target } = contact;
  await ctx.transact(async (tx) => {
    if (channel === 'sms') await queueCode(ctx, { purpose: 'reset_password', channel, target }, tx);
    else await ctx.queueMessage({ kind: 'forgotten_password', email: target, locale: ctx.request.language() }, tx);
  });
}
