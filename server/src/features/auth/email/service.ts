// auth.email: proving an address by the link mailed to it.
import { randomInt } from 'node:crypto';
import { DEFAULT_ROLE, type ResendEmailInput, type VerifyEmailInput } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, endAllSessions, staleTokens } from '../../../platform/live/effects.ts';
import { addressKey } from '../../../platform/rate-limits.ts';
import { newUserDocument } from '../../users/new-user.ts';
import type { UserDocument } from '../../users/repository.ts';
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
  const holder = await ctx.users.findByLogin({ email: code.target }, tx);
  if (holder?.email_verified) fail('INVALID_CODE');
  if (holder) await takeAddress(ctx, tx, holder, code.target, now);
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

/**
 * Takes an unproven address from who holds it. A registration that never proved anything loses password and sessions with it, and
 * is closed: it may have been made by whoever wanted this person to find an account ready. An account that proved an address
 * before, or that an administrator gave a role to, is somebody's: it loses the address alone, and signs in by its user name.
 */
async function takeAddress(ctx: VerifyCtx, tx: Tx, holder: UserDocument, email: string, now: Date): Promise<void> {
  const id = holder._id.toHexString();
  const isSomebodys =
    holder.proven_at !== undefined || holder.roles.some(({ role_name }) => role_name !== DEFAULT_ROLE);
  const { $set, $inc } = staleTokens(now);
  const loser = await ctx.users.update(
    id,
    { email, email_verified: false },
    isSomebodys
      ? { $set, $inc, $unset: { email: '' } }
      : {
          $set: { ...$set, 'security.password_changed_at': now, status: 'inactive' },
          $inc,
          $unset: { email: '', password_hash: '', password_scheme: '' },
        },
    tx,
  );
  if (!loser) fail('INVALID_CODE');
  announceEpoch(ctx, tx, loser);
  if (!isSomebodys) await endAllSessions(ctx, tx, id, 'address_lost');
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A made-up user name: `u_` and ten base32 characters. */
const newUsername = (): string => `u_${Array.from({ length: 10 }, () => BASE32[randomInt(32)]).join('')}`;

/** Always answers the same, at the same speed: what there is to send is found out when the mail is made. */
export async function resendVerification(
  ctx: Ctx<'queueMail' | 'limits' | 'hashIdentifier', Caller | null>,
  { email }: ResendEmailInput,
): Promise<void> {
  await ctx.limits.consumeSend(ctx.hashIdentifier(email), addressKey(ctx.request.ip));
  await ctx.queueMail({ template: 'resend_verification', email, locale: ctx.request.language() });
}
