// auth.email: proving an address by the link mailed to it.
import { randomInt } from 'node:crypto';
import type { ResendEmailInput, VerifyEmailInput } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { newUserDocument } from '../../users/new-user.ts';
import type { OneTimeCodeDocument } from './repository.ts';

type VerifyCtx = Ctx<
  'users' | 'sessions' | 'codes' | 'hashLink' | 'transact' | 'live' | 'clock' | 'audit' | 'log',
  Caller | null
>;

/** What a verified address changed, for this instance's live state. */
interface Effects {
  revoked: string[];
  raised: { id: string; epoch: number }[];
}

/** @throws AppError INVALID_CODE for a link that is unknown, used, lapsed, or came too late for its address */
export async function verifyEmail(ctx: VerifyCtx, { token }: VerifyEmailInput): Promise<{ status: 'verified' }> {
  const now = ctx.clock.now();
  const effects = await ctx.transact(async (tx) => {
    const done: Effects = { revoked: [], raised: [] };
    const code = (await ctx.codes.consume('verify_email', ctx.hashLink(token), now, tx)) ?? fail('INVALID_CODE');
    const userId = code.pending
      ? await makePending(ctx, code, code.pending, done, tx)
      : await proveHeld(ctx, code, done, tx);
    // The address is settled: what else waited for it is void.
    await ctx.codes.removeForTarget('verify_email', code.target, tx);
    await recordAct(ctx, tx, { act: 'auth.email_verified', target: { kind: 'user', id: userId } });
    return done;
  });
  ctx.live.revokeSessions(effects.revoked.map((id) => ({ id, at: now })));
  for (const { id, epoch } of effects.raised) ctx.live.raiseEpoch({ id, epoch, at: now });
  return { status: 'verified' };
}

/** The account that holds the address keeps it. */
async function proveHeld(ctx: VerifyCtx, code: OneTimeCodeDocument, done: Effects, tx: Tx): Promise<string> {
  const id = code.user_id?.toHexString() ?? fail('INVALID_CODE');
  const now = ctx.clock.now();
  // Tokens carry `email_verified`: those made before are out of date.
  const user = await ctx.users.update(
    id,
    { email: code.target, email_verified: false },
    {
      $set: { email_verified: true, updated_at: now, 'security.epoch_at': now },
      $inc: { 'security.token_epoch': 1 },
      $unset: { unverified_until: '' },
    },
    tx,
  );
  if (!user) fail('INVALID_CODE');
  done.raised.push({ id, epoch: user.security.token_epoch });
  return id;
}

/** The registration that waited becomes an account; whoever held the address unproven loses address, password and sessions. */
async function makePending(
  ctx: VerifyCtx,
  code: OneTimeCodeDocument,
  pending: NonNullable<OneTimeCodeDocument['pending']>,
  done: Effects,
  tx: Tx,
): Promise<string> {
  const now = ctx.clock.now();
  const holder = await ctx.users.findByLogin({ email: code.target }, tx);
  if (holder?.email_verified) fail('INVALID_CODE');
  if (holder) {
    const id = holder._id.toHexString();
    const loser = await ctx.users.update(
      id,
      { email: code.target, email_verified: false },
      {
        $unset: { email: '', password_hash: '', password_scheme: '' },
        $set: { updated_at: now, 'security.password_changed_at': now, 'security.epoch_at': now },
        $inc: { 'security.token_epoch': 1 },
      },
      tx,
    );
    if (!loser) fail('INVALID_CODE');
    done.revoked.push(...(await ctx.sessions.revokeAll(id, 'address_lost', now, tx)));
    done.raised.push({ id, epoch: loser.security.token_epoch });
  }
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
  await ctx.users.insert(user, tx);
  return user._id.toHexString();
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A made-up user name: `u_` and ten base32 characters. */
const newUsername = (): string => `u_${Array.from({ length: 10 }, () => BASE32[randomInt(32)]).join('')}`;

/** Always answers the same, at the same speed: what there is to send is found out when the mail is made. */
export async function resendVerification(
  ctx: Ctx<'queueMail' | 'limits' | 'hashIdentifier', Caller | null>,
  { email }: ResendEmailInput,
): Promise<void> {
  await ctx.limits.consumeSend(ctx.hashIdentifier(email), ctx.request.ip);
  await ctx.queueMail({ template: 'resend_verification', email, locale: ctx.request.language() });
}
