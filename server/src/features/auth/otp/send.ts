// auth.otp.send: a challenge, and a message on its way to whoever is to have one; the answer never tells.
import type { SendCodeInput, SentCode } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { allowSend } from '../messages/allow-send.ts';
import { requireUser } from '../sign-in/signed-in.ts';
import { queueCode } from './challenge.ts';
import { readContact } from './contact.ts';
import { CODE_LIFE, RESEND_AFTER } from './policy.ts';

export type SendCtx = Ctx<
  | 'challenges'
  | 'hashIdentifier'
  | 'clock'
  | 'queueMessage'
  | 'limits'
  | 'config'
  | 'captcha'
  | 'tokens'
  | 'apiKeyReader'
  | 'live'
  | 'transact'
  | 'users'
  | 'log'
  | 'metrics',
  Caller | null
>;

/**
 * @throws AppError VALIDATION_FAILED for a number that is none, or of a country that is not served; RATE_LIMITED, CAPTCHA_REQUIRED;
 *   UNAUTHENTICATED for `bind` and `step_up` without a session, or what is wrong with it
 */
export async function sendCode(ctx: SendCtx, input: SendCodeInput): Promise<SentCode> {
  const { purpose } = input;
  const contact = readContact(ctx, input);
  const userId = purpose === 'bind' || purpose === 'step_up' ? (await requireUser(ctx)).id : undefined;
  if (purpose === 'step_up') await requireOwn(ctx, userId ?? '', contact);
  await allowSend(ctx, contact, input.captcha);
  const challenge_id = await ctx.transact((tx) => queueCode(ctx, { purpose, ...contact, userId }, tx));
  return { challenge_id, expires_in: CODE_LIFE / 1000, resend_after: RESEND_AFTER };
}

/** To prove oneself again by a number that was typed just now would prove nothing. */
async function requireOwn(
  ctx: SendCtx,
  userId: string,
  { channel, target }: ReturnType<typeof readContact>,
): Promise<void> {
  const user = await ctx.users.findById(userId);
  const isOwn =
    channel === 'sms' ? user?.phone === target && user.phone_verified : user?.email === target && user.email_verified;
  if (!isOwn)
    fail('VALIDATION_FAILED', {
      errors: [{ path: channel === 'sms' ? 'phone' : 'email', message: 'is not a verified one of your own' }],
    });
}
