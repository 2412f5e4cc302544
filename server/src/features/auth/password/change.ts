// auth.password.change: a new password by the old one, or after a fresh proof. It ends all other sessions.
import type { ChangePasswordInput } from '@authcenter/shared';
import type { Ctx, UserCaller } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { announceEnded } from '../../../platform/live/effects.ts';
import { requireFreshProof } from '../../../proof.ts';
import type { UserDocument } from '../../users/document.ts';
import { recordSuccess, type Try } from '../lockout/service.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { accountKey, releasingOnError, tryProof } from '../sign-in/try.ts';
import { hashReplacement, storePassword } from './choose.ts';

type ChangeCtx = Omit<SignInCtx, 'caller'> & Ctx<'hasher' | 'breached' | 'codes' | 'authorizationCodes', UserCaller>;

/**
 * @throws AppError INVALID_CREDENTIALS for a wrong old one, ACCOUNT_LOCKED, RATE_LIMITED; STEP_UP_REQUIRED without it and without a
 *   fresh proof; VALIDATION_FAILED for the new one; SESSION_REVOKED when the session has ended meanwhile; OVERLOADED
 */
export async function changePassword(ctx: ChangeCtx, input: ChangePasswordInput): Promise<void> {
  const { id } = ctx.caller;
  const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
  if (input.old_password === undefined) {
    requireFreshProof(ctx);
    return replace(ctx, user, input.new_password);
  }
  const { old_password } = input;
  const slot = ctx.hasher.reserve(ctx.request.signal());
  try {
    const { attempt } = await tryProof(
      ctx,
      { user, identifier: accountKey(id), way: 'pwd', refusal: 'INVALID_CREDENTIALS' },
      async () => {
        const stored = user.password_hash
          ? { hash: user.password_hash, scheme: user.password_scheme ?? ('bcrypt' as const) }
          : null;
        return (await slot.verify(old_password, stored)).ok || null;
      },
    );
    await releasingOnError(ctx, attempt, () => replace(ctx, user, input.new_password, attempt));
  } finally {
    slot.release();
  }
}

async function replace(ctx: ChangeCtx, user: UserDocument, password: string, attempt?: Try): Promise<void> {
  const made = await hashReplacement(ctx, user, password);
  // Hashing takes its time: the owner may have ended this session in between, because it is a thief's.
  const session = await ctx.sessions.findById(ctx.caller.sid);
  if (!session || session.is_revoked) fail('SESSION_REVOKED');
  const id = user._id.toHexString();
  await ctx.transact(async (tx) => {
    await storePassword(ctx, tx, user, made, 'auth.password_changed');
    const ended = await ctx.sessions.revokeAll(id, 'password_changed', ctx.clock.now(), tx, ctx.caller.sid);
    announceEnded(ctx, tx, ended);
    if (attempt) await recordSuccess(ctx, attempt, tx);
  });
}
