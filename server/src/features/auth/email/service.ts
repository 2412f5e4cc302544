// auth.email: proving an address by the link mailed to it.
import type { ResendEmailInput, VerifyEmailInput } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../../platform/live/effects.ts';
import { newUserDocument, newUsername } from '../../users/new-user.ts';
import { takeUnprovenAddress } from '../account/take-address.ts';
import { type AllowCtx, allowSend } from '../messages/allow-send.ts';
import type { OneTimeCodeDocument } from './repository.ts';

type VerifyCtx = Ctx<
  'users' | 'sessions' | 'codes' | 'hashLink' | 'transact' | 'live' | 'clock' | 'audit' | 'log',
  Caller | null
>;

/** @throws AppError INVALID_CODE for a link that is unknown, used, lapsed, or came too late for its address */
export async function verifyEmail(ctx: VerifyCtx, { token }: VerifyEmailInput): Promise<{ status: 'verified' }> {
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    const code = (await ctx.codes.consume('verify_email', ctx.hashLink(token), now, tx)) ?? fail('INVALID_CODE');
    const userId = code.pending ? await makePending(ctx, tx, code, code.pending) : await proveHeld(ctx, tx, code);
    // The address is settled: what else waited for it is void.
    await ctx.codes.removeForTarget('verify_email', code.target, tx);
    await recordAct(ctx, tx, { act: 'auth.email_verified', target: { kind: 'user', id: userId } });
  });
  return { status: 'verified' };
}

/** The account that holds the address keeps it. */
async function proveHeld(ctx: VerifyCtx, tx: Tx, code: OneTimeCodeDocument): Promise<string> {
  const id = code.user_id?.toHexString() ?? fail('INVALID_CODE');
  // Tokens carry `email_verified`: those made before are out of date.
  const { $set, $inc } = staleTokens(ctx.clock.now());
  const user = await ctx.users.update(
    id,
    { email: code.target, email_verified: false },
    { $set: { ...$set, email_verified: true, proven_at: ctx.clock.now() }, $inc, $unset: { unverified_until: '' } },
    tx,
  );
  if (!user) fail('INVALID_CODE');
  announceEpoch(ctx, tx, user);
  return id;
}

/** The registration that waited becomes an account; whoever held the address unproven loses address, password and sessions. */
async function makePending(
  ctx: VerifyCtx,
  tx: Tx,
  code: OneTimeCodeDocument,
  pending: NonNullable<OneTimeCodeDocument['pending']>,
): Promise<string> {
  const now = ctx.clock.now();
  if (!(await takeUnprovenAddress(ctx, tx, code.target))) fail('INVALID_CODE');
  const taken = await ctx.users.findByLogin({ username: pending.username }, tx);
  const user = newUserDocument(
    {
      username: taken ? newUsername() : pending.username,
      email: code.target,
      email_verified: true,
      name: pending.name,
      password: { hash: pending.password_hash, scheme: pending.password_scheme },
    },
    ctx.live.roles(),
    now,
  );
  const id = user._id.toHexString();
  await ctx.users.insert(user, tx);
  await recordAct(ctx, tx, {
    act: 'auth.register',
    target: { kind: 'user', id },
    actor: { kind: 'user', id, sid: null },
    details: { username: user.username },
  });
  return id;
}

/** Always answers the same, at the same speed: what there is to send is found out when the mail is made. */
export async function resendVerification(
  ctx: AllowCtx & Ctx<'queueMessage', Caller | null>,
  { email, captcha }: ResendEmailInput,
): Promise<void> {
  await allowSend(ctx, { channel: 'email', target: email }, captcha);
  await ctx.queueMessage({ kind: 'resend_verification', email, locale: ctx.request.language() });
}
