// auth.mfa.verify: finishing a sign-in that asked for more.
import type { SignInResult, VerifyMfaInput } from '@authcenter/shared';
import { fail } from '../../../errors.ts';
import { answerChallenge } from '../otp/challenge.ts';
import { proveNumber } from '../otp/prove-number.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { proceed } from '../sign-in/proceed.ts';
import { type OpenTicket, openTicket } from '../sign-in/ticket.ts';
import { accountKey, tryProof } from '../sign-in/try.ts';
import { checkFactor, type FactorCtx, type Shown } from './check.ts';
import { takeOverNumber } from './new-account.ts';

export type VerifyCtx = SignInCtx & FactorCtx;

/**
 * @throws AppError INVALID_CODE alike for a wrong code and a token that is void; VALIDATION_FAILED for a method that was not offered;
 *   ACCOUNT_LOCKED, RATE_LIMITED, ACCOUNT_DISABLED
 */
export async function verifyMfa(ctx: VerifyCtx, input: VerifyMfaInput): Promise<SignInResult> {
  const open = await openTicket(ctx, 'mfa', input.mfa_token, { takeTry: true });
  const { ticket, user, wishes } = open;
  if (!ticket.offered.includes(input.method))
    fail('VALIDATION_FAILED', { errors: [{ path: 'method', message: `must be one of ${ticket.offered.join(', ')}` }] });
  if (input.method === 'new_account') return takeOverNumber(ctx, open);
  const { proof, attempt } = await tryProof(
    ctx,
    { user, identifier: accountKey(ticket.user_id.toHexString()), way: input.method, refusal: 'INVALID_CODE' },
    () => check(ctx, open, input),
  );
  return proceed(ctx, {
    user,
    methods: [...ticket.methods, ...proof.methods],
    wishes,
    clientId: ticket.client_id,
    attempt,
    async before(tx) {
      if (!(await ctx.tickets.consume(ticket._id, tx))) fail('INVALID_CODE');
      await proof.spend(tx);
      if (ticket.phone !== undefined && ticket.phone === user.phone) await proveNumber(ctx, user, tx);
    },
  });
}

type Answer = Exclude<VerifyMfaInput, { method: 'new_account' }>;

async function check(ctx: VerifyCtx, { ticket, user }: OpenTicket, input: Answer): Promise<Shown | null> {
  if (input.method === 'passkey') return checkFactor(ctx, user, { ...input, purpose: 'mfa' });
  if (input.method !== 'email') return checkFactor(ctx, user, { method: input.method, code: input.code });
  // Not a second factor: it tells who has come by the number from whose it was.
  const answer = await answerChallenge(ctx, {
    purpose: 'confirm',
    target: user.email ?? '',
    code: input.code,
    challengeId: ticket.challenge_id ?? '',
  });
  return answer && { methods: ['email'], spend: answer.spend };
}
