// Challenges: made with a message on its way, answered by the digits in it.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import type { KeyedHash } from '../../../platform/keyed-hash.ts';
import { addressKey } from '../../../platform/rate-limits.ts';
import { CODE_LIFE, MAX_CODE_TRIES } from './policy.ts';
import type { ChallengeDocument, ChallengePurpose } from './repository.ts';

export interface NewChallenge {
  readonly purpose: ChallengePurpose;
  readonly channel: 'sms' | 'email';
  /** E.164, or the address in lower case. */
  readonly target: string;
  /** For whom alone it is to be good. */
  readonly userId?: string | undefined;
}

type ChallengeCtx = Ctx<'challenges' | 'hashIdentifier' | 'clock', Caller | null>;

/** What the stored hash is of: a code is good for its challenge, purpose and target alone. */
export const hashCode = (
  hash: KeyedHash,
  { _id, purpose, target }: Pick<ChallengeDocument, '_id' | 'purpose' | 'target'>,
  code: string,
): string => hash(JSON.stringify(['code', _id, purpose, target, code]));

const sourceOf = (ctx: ChallengeCtx): string => ctx.hashIdentifier(`source ${addressKey(ctx.request.ip)}`);

/** The digits come to be when the message is made; here only their place does. @returns the challenge's id */
export async function queueCode(
  ctx: ChallengeCtx & Ctx<'queueMessage', Caller | null>,
  { purpose, channel, target, userId }: NewChallenge,
  tx: Tx,
): Promise<string> {
  const now = ctx.clock.now();
  const id = randomBytes(16).toString('base64url');
  await ctx.challenges.insert(
    {
      _id: id,
      purpose,
      channel,
      target,
      ...(userId === undefined ? {} : { user_id: new ObjectId(userId) }),
      source: sourceOf(ctx),
      code_hashes: [],
      tries: 0,
      created_at: now,
      expires_at: new Date(now.getTime() + CODE_LIFE),
    },
    tx,
  );
  await ctx.queueMessage({ kind: 'code', challenge_id: id, locale: ctx.request.language() }, tx);
  return id;
}

export interface CodeAnswer {
  readonly purpose: ChallengePurpose;
  /** Or several, whichever of them it was sent to. */
  readonly target: string | readonly string[];
  readonly code: string;
  readonly challengeId?: string | undefined;
  /** Who answers, where the challenge is for one person alone. */
  readonly userId?: string | undefined;
}

export interface RightAnswer {
  /** What the code was sent by. */
  readonly channel: 'sms' | 'email';
  /** In the transaction of what it opens: of several right answers at once one wins. */
  spend(tx: Tx): Promise<void>;
}

/**
 * Looks at a code, which costs one of the challenge's tries whatever it is.
 *
 * @returns null when it is wrong
 * @throws AppError INVALID_CODE when there is nothing that it could answer: no code was guessed at, so nobody is to be locked by it
 */
export async function answerChallenge(
  ctx: ChallengeCtx & Ctx<'hashLink', Caller | null>,
  { purpose, target, code, challengeId, userId }: CodeAnswer,
): Promise<RightAnswer | null> {
  const challenge = await ctx.challenges.takeTry(
    { purpose, targets: [target].flat(), id: challengeId, source: sourceOf(ctx) },
    MAX_CODE_TRIES,
    ctx.clock.now(),
  );
  if (!challenge || (challenge.user_id && challenge.user_id.toHexString() !== userId)) return fail('INVALID_CODE');
  const given = hashCode(ctx.hashLink, challenge, code);
  if (!challenge.code_hashes.some((stored) => isSame(stored, given))) return null;
  return {
    channel: challenge.channel,
    async spend(tx) {
      if (!(await ctx.challenges.consume(challenge._id, tx))) fail('INVALID_CODE');
    },
  };
}

/** In constant time. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
