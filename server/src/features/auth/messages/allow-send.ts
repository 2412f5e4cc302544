// Whether one more message may go to a target: countries, one a minute, so many a day, a captcha beyond, and a cap on what it all costs.
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { countryOf, isMobileOf } from '../../../platform/phone.ts';
import { addressKey, type SendAllowance } from '../../../platform/rate-limits.ts';

export type AllowCtx = Ctx<'limits' | 'config' | 'captcha' | 'hashIdentifier' | 'log' | 'metrics', Caller | null>;

/**
 * @param captcha - the answer to a captcha, which opens the daily allowance
 * @throws AppError VALIDATION_FAILED for a country that is not served; RATE_LIMITED; CAPTCHA_REQUIRED
 */
export async function allowSend(
  ctx: AllowCtx,
  { channel, target }: { readonly channel: 'sms' | 'email'; readonly target: string },
  captcha: string | undefined,
): Promise<void> {
  if (channel === 'sms') requireServedCountry(ctx, target);
  const [key, source] = [ctx.hashIdentifier(target), addressKey(ctx.request.ip)];
  const allowance = await ctx.limits.consumeSend(key, source);
  // A company's people send from one address: without a captcha it is not held against them.
  if (allowance.isOverDay || (allowance.isManyTargets && ctx.captcha)) await requireCaptcha(ctx, captcha, allowance);
  // Taken by what is really sent; looked at here, so that nobody waits for what will not come.
  if (channel === 'sms' && !(await ctx.limits.hasSmsBudget())) fail('RATE_LIMITED', { retryAfter: 3600 });
}

/** Who is asked for a captcha solves it and sends the same again at once: the minute that was taken must not stand in the way. */
async function requireCaptcha(
  ctx: AllowCtx,
  answer: string | undefined,
  { retryAfter, giveBack }: SendAllowance,
): Promise<void> {
  if (!ctx.captcha) return fail('RATE_LIMITED', { retryAfter });
  let isSolved = false;
  try {
    isSolved = answer !== undefined && (await ctx.captcha.check(answer, ctx.request.ip));
  } finally {
    if (!isSolved) await giveBack();
  }
  if (!isSolved) fail('CAPTCHA_REQUIRED');
}

function requireServedCountry({ config }: AllowCtx, phone: string): void {
  const served = config.sms.allowed_countries;
  const country = countryOf(phone);
  if (served.length === 0) return;
  if (country === undefined || !served.includes(country))
    fail('VALIDATION_FAILED', { errors: [{ path: 'phone', message: 'is of a country that is not served' }] });
  // Each further digit would be one more number to pay for.
  if (!isMobileOf(phone, country))
    fail('VALIDATION_FAILED', { errors: [{ path: 'phone', message: 'is no number that takes text messages' }] });
}
