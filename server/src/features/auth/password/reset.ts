// auth.password.reset: a new password by the link of a mail, by a code, or because a sign-in asked for one. It ends all sessions and opens none.
import type { ResetPasswordInput } from '@authcenter/shared';
import { isNumberDoubted } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { endAllSessions } from '../../../platform/live/effects.ts';
import type { UserDocument } from '../../users/document.ts';
import { isExpected } from '../../users/policy.ts';
import { clearLocks } from '../lockout/service.ts';
import { answerChallenge } from '../otp/challenge.ts';
import { readContact } from '../otp/contact.ts';
import { readFacts } from '../sign-in/facts.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { openTicket } from '../sign-in/ticket.ts';
import { accountKey } from '../sign-in/try.ts';
import { hashReplacement, requireGoodPassword, storePassword } from './choose.ts';

type ResetCtx = SignInCtx & Ctx<'codes' | 'authorizationCodes' | 'apiKeys' | 'hasher' | 'breached', Caller | null>;

/**
 * @throws AppError INVALID_CODE for what is unknown, used or lapsed; VALIDATION_FAILED for the new password, which spends nothing;
 *   ACCOUNT_DISABLED; OVERLOADED
 */
export async function resetPassword(ctx: ResetCtx, input: ResetPasswordInput): Promise<void> {
  if ('token' in input) return resetByLink(ctx, input);
  if ('change_token' in input) return resetByTicket(ctx, input);
  return resetByCode(ctx, input);
}

type With<K extends string> = Extract<ResetPasswordInput, Record<K, string>>;

async function resetByLink(ctx: ResetCtx, { token, new_password }: With<'token'>): Promise<void> {
  const hash = ctx.hashLink(token);
  const code = await ctx.codes.find('reset_password', hash, ctx.clock.now());
  if (!code) return acceptInvitation(ctx, hash, new_password);
  const user = await ctx.users.findById(code.user_id?.toHexString() ?? '');
  // The address has gone to somebody else meanwhile.
  if (!user || user.email !== code.target) fail('INVALID_CODE');
  await replacePassword(ctx, user, new_password, async (tx) => {
    if (!(await ctx.codes.consume('reset_password', hash, ctx.clock.now(), tx))) fail('INVALID_CODE');
  });
}

/** The first password of who was invited, and the proof of the address that the invitation went to. */
async function acceptInvitation(ctx: ResetCtx, hash: string, password: string): Promise<void> {
  const code = (await ctx.codes.find('invitation', hash, ctx.clock.now())) ?? fail('INVALID_CODE');
  const user = await ctx.users.findById(code.user_id?.toHexString() ?? '');
  // Somebody is in already, or the address has gone to somebody else.
  if (!user || !isExpected(user) || (user.email !== code.target && user.phone !== code.target)) fail('INVALID_CODE');
  const field = user.email === code.target ? 'email' : 'phone';
  await replacePassword(
    ctx,
    user,
    password,
    async (tx) => {
      const now = ctx.clock.now();
      if (!(await ctx.codes.consume('invitation', hash, now, tx))) fail('INVALID_CODE');
      const proven = { [`${field}_verified`]: true, proven_at: user.proven_at ?? now };
      if (!(await ctx.users.update(user._id.toHexString(), { [field]: code.target }, { $set: proven }, tx)))
        fail('INVALID_CODE');
    },
    'auth.invitation_accepted',
  );
}

async function resetByTicket(ctx: ResetCtx, { change_token, new_password }: With<'change_token'>): Promise<void> {
  const { ticket, user } = await openTicket(ctx, 'password_change', change_token, { takeTry: false });
  await replacePassword(ctx, user, new_password, async (tx) => {
    if (!(await ctx.tickets.consume(ticket._id, tx))) fail('INVALID_CODE');
  });
}

async function resetByCode(ctx: ResetCtx, input: With<'phone'>): Promise<void> {
  const { target } = readContact(ctx, input);
  // What is weak for anybody is told before the code is looked at: of its five tries none is spent.
  await requireGoodPassword(ctx, input.new_password, { username: '' }, 'new_password');
  const user = await ctx.users.findByLogin({ phone: target });
  // No lock stands before it, since it is what opens one: the tries of a code, and the codes of a day, are few enough.
  const { code, challenge_id: challengeId } = input;
  const answer = await answerChallenge(ctx, { purpose: 'reset_password', target, code, challengeId });
  if (!answer) return refuseCode(ctx, user);
  if (!user) return fail('INVALID_CODE');
  // Else whoever was given the number came by a password to what the number alone does not open.
  if (isNumberDoubted(readFacts(ctx, user), ctx.clock.now()))
    fail('INVALID_CODE', {
      detail: 'The number was not used for long: sign in by it first, or ask for a link by mail',
    });
  await replacePassword(ctx, user, input.new_password, answer.spend);
}

async function refuseCode(ctx: ResetCtx, user: UserDocument | null): Promise<never> {
  await recordAct(ctx, undefined, {
    act: 'auth.password_reset',
    outcome: 'failure',
    target: { kind: 'user', id: user?._id.toHexString() ?? null },
    details: { method: 'sms' },
  });
  return fail('INVALID_CODE');
}

async function replacePassword(
  ctx: ResetCtx,
  user: UserDocument,
  password: string,
  spend: (tx: Tx) => Promise<void>,
  act = 'auth.password_reset',
): Promise<void> {
  if (user.status !== 'active') fail('ACCOUNT_DISABLED');
  const made = await hashReplacement(ctx, user, password);
  const id = user._id.toHexString();
  await ctx.transact(async (tx) => {
    await spend(tx);
    await storePassword(ctx, tx, user, made, act);
    await endAllSessions(ctx, tx, id, 'password_reset');
    // Whoever made them may be whom the reset is to shut out.
    await ctx.apiKeys.removeOfUser(user._id, tx);
    // Its owner has proven themselves: the lock has done its work.
    await clearLocks(ctx, accountKey(id), tx);
  });
}
