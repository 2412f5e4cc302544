// auth.stepUp: a signed-in person proves again who they are; the session keeps when and how, and its next access token says so.
import type { SteppedUp, StepUpInput } from '@authcenter/shared';
import type { Ctx, UserCaller } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import type { UserDocument } from '../users/document.ts';
import { recordSuccess } from './lockout/service.ts';
import { checkCode, checkFactor } from './mfa/check.ts';
import type { VerifyCtx } from './mfa/verify.ts';
import { answerChallenge } from './otp/challenge.ts';
import { issueAccess } from './sessions/issue.ts';
import { listFactors } from './sign-in/facts.ts';
import { accountKey, releasingOnError, tryProof } from './sign-in/try.ts';

export type StepUpCtx = Omit<VerifyCtx, 'caller'> & Ctx<'hasher', UserCaller>;

interface Proof {
  readonly methods: readonly string[];
  spend?(tx: Tx): Promise<void>;
}

/**
 * @throws AppError INVALID_CREDENTIALS for a wrong password, INVALID_CODE for the others; ACCOUNT_LOCKED, RATE_LIMITED, OVERLOADED;
 *   SESSION_REVOKED when the session has ended meanwhile
 */
export async function stepUp(ctx: StepUpCtx, input: StepUpInput): Promise<SteppedUp> {
  const { id, sid } = ctx.caller;
  const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
  const way = 'password' in input ? 'pwd' : 'assertion' in input ? 'passkey' : 'code';
  const refusal = way === 'pwd' ? 'INVALID_CREDENTIALS' : 'INVALID_CODE';
  const { proof, attempt } = await tryProof(ctx, { user, identifier: accountKey(id), way, refusal }, () =>
    check(ctx, user, input),
  );
  const session = await releasingOnError(ctx, attempt, async () => {
    await ctx.tokens.requireSigning();
    return ctx.transact(async (tx) => {
      await proof.spend?.(tx);
      const proven = await ctx.sessions.proveAgain(sid, proof.methods, ctx.clock.now(), tx);
      if (!proven) return fail('SESSION_REVOKED');
      await recordSuccess(ctx, attempt, tx);
      await recordAct(ctx, tx, {
        act: 'auth.step_up',
        target: { kind: 'session', id: sid },
        details: { methods: proof.methods },
      });
      return proven;
    });
  });
  return issueAccess(ctx, user, session);
}

async function check(ctx: StepUpCtx, user: UserDocument, input: StepUpInput): Promise<Proof | null> {
  if ('password' in input) return (await isPassword(ctx, user, input.password)) ? { methods: ['pwd'] } : null;
  if ('assertion' in input)
    return checkFactor(ctx, user, { method: 'passkey', assertion: input.assertion, purpose: 'step_up' });
  if (!('challenge_id' in input)) return checkCode(ctx, user, input.code);
  // A code to the phone is less than the factor that was enrolled to be more.
  if (listFactors(user).length > 0) return null;
  return checkSentCode(ctx, user, input);
}

async function isPassword(ctx: StepUpCtx, user: UserDocument, password: string): Promise<boolean> {
  const { password_hash: hash, password_scheme: scheme = 'bcrypt' } = user;
  return (await ctx.hasher.reserve(ctx.request.signal()).verify(password, hash === undefined ? null : { hash, scheme }))
    .ok;
}

/** The target was the person's own when the code was asked for; it must still be. */
async function checkSentCode(
  ctx: StepUpCtx,
  user: UserDocument,
  { code, challenge_id: challengeId }: { code: string; challenge_id: string },
): Promise<Proof | null> {
  const target = [
    ...(user.phone_verified && user.phone !== undefined ? [user.phone] : []),
    ...(user.email_verified && user.email !== undefined ? [user.email] : []),
  ];
  const userId = user._id.toHexString();
  const answer = await answerChallenge(ctx, { purpose: 'step_up', target, code, challengeId, userId });
  return answer && { methods: [answer.channel], spend: answer.spend };
}
