// auth.login by a code: the main way in. An unknown phone with a right code becomes an account.
import type { LoginInput, SignInResult } from '@authcenter/shared';
import { isNumberDoubted } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { readFacts } from '../sign-in/facts.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import { tryProof } from '../sign-in/try.ts';
import { openByPhone } from './account.ts';
import { answerChallenge } from './challenge.ts';
import { type Contact, readContact, toLoginName } from './contact.ts';
import { proveNumber } from './prove-number.ts';

export type CodeLogin = Extract<LoginInput, { code: string }>;

/** @throws AppError INVALID_CODE alike for whatever is wrong; ACCOUNT_LOCKED, RATE_LIMITED; ACCOUNT_DISABLED only after the right one */
export async function loginByCode(
  ctx: SignInCtx & Ctx<'codes', Caller | null>,
  input: CodeLogin,
): Promise<SignInResult> {
  const contact = readContact(ctx, input);
  // Whoever is named by it is tried, also by what cannot open it: a lock of its own would tell a claimed address from a free one.
  const user = await ctx.users.findByLogin(toLoginName(contact));
  const { code, challenge_id: challengeId } = input;
  const way = contact.channel;
  const { proof, attempt } = await tryProof(
    ctx,
    { user, identifier: contact.target, way, refusal: 'INVALID_CODE' },
    async () => {
      const answer = await answerChallenge(ctx, { purpose: 'login', target: contact.target, code, challengeId });
      return mayOpen(contact, user) ? answer : null;
    },
  );
  if (!user)
    return openByPhone(ctx, {
      phone: contact.target,
      name: null,
      wishes: input,
      attempt,
      spend: proof.spend,
      refuseTaken,
    });
  // Where it is doubted, what is asked for besides proves it.
  const isProven = way === 'sms' && !isNumberDoubted(readFacts(ctx, user), ctx.clock.now());
  return proceed(ctx, {
    user,
    methods: [way],
    wishes: input,
    attempt,
    async before(tx) {
      await proof.spend(tx);
      if (isProven) await proveNumber(ctx, user, tx);
    },
    async after(tx) {
      // The mail may have offered a link, too.
      if (way === 'email') await ctx.codes.removeForTarget('magic_link', contact.target, tx);
    },
  });
}

/** Only a proven mailbox opens an account, and none makes one; a number does both, as far as `proceed` lets it. */
const mayOpen = ({ channel }: Contact, user: UserDocument | null): boolean =>
  channel === 'sms' || user?.email_verified === true;

/** Another code for the number was first, a moment ago: the next one opens the account that came to be. */
const refuseTaken = () => fail('INVALID_CODE');
