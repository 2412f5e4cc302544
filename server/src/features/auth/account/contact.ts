// auth.contact: a new address or number of one's own, proven by the code sent there; and giving one up.
import type { BindContactInput, RemoveContactInput } from '@authcenter/shared';
import type { UserCaller } from '../../../context.ts';
import { duplicateKey } from '../../../database/errors.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../../platform/live/effects.ts';
import type { UserDocument } from '../../users/document.ts';
import { tellOfAddress } from '../../users/tell.ts';
import { toUser } from '../../users/wire.ts';
import { recordSuccess } from '../lockout/service.ts';
import { answerChallenge } from '../otp/challenge.ts';
import { type Contact, readContact } from '../otp/contact.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { accountKey, releasingOnError, tryProof } from '../sign-in/try.ts';
import { takeUnprovenAddress } from './take-address.ts';
import { requireOtherWay } from './ways-in.ts';

export type ContactCtx = Omit<SignInCtx, 'caller'> & { readonly caller: UserCaller };

/** @throws AppError INVALID_CODE; ALREADY_EXISTS when another account has proven it: only who holds it learns so; ACCOUNT_LOCKED, RATE_LIMITED */
export async function bindContact(ctx: ContactCtx, input: BindContactInput) {
  const { id: userId } = ctx.caller;
  const user = (await ctx.users.findById(userId)) ?? fail('NOT_FOUND');
  const contact = readContact(ctx, input);
  const { code, challenge_id: challengeId } = input;
  const { proof, attempt } = await tryProof(
    ctx,
    { user, identifier: accountKey(userId), way: 'bind', refusal: 'INVALID_CODE' },
    () => answerChallenge(ctx, { purpose: 'bind', target: contact.target, code, challengeId, userId }),
  );
  const bound = await releasingOnError(ctx, attempt, async () => {
    try {
      return await ctx.transact(async (tx) => {
        await proof.spend(tx);
        await recordSuccess(ctx, attempt, tx);
        return bind(ctx, tx, user, contact);
      });
    } catch (error) {
      const field = duplicateKey(error);
      return field === 'email' || field === 'phone' ? refuseTaken(field) : Promise.reject(error);
    }
  });
  return toUser(bound, ctx.clock.now());
}

const refuseTaken = (field: 'email' | 'phone') =>
  fail('ALREADY_EXISTS', {
    detail: 'Another account has it',
    errors: [{ path: field, message: 'is taken' }],
  });

async function bind(ctx: ContactCtx, tx: Tx, user: UserDocument, contact: Contact): Promise<UserDocument> {
  const id = user._id.toHexString();
  const now = ctx.clock.now();
  const field = contact.channel === 'sms' ? 'phone' : 'email';
  if (contact.channel === 'email') await takeUnprovenAddress(ctx, tx, contact.target, id);
  const { $set, $inc } = staleTokens(now);
  const bound = await ctx.users.update(
    id,
    { status: 'active', [field]: user[field] ?? null },
    {
      $set: {
        ...$set,
        [field]: contact.target,
        [`${field}_verified`]: true,
        proven_at: user.proven_at ?? now,
      },
      $inc,
      $unset: { unverified_until: '' },
    },
    tx,
  );
  if (!bound) return fail('INVALID_CODE', { detail: 'The account was changed meanwhile, begin again' });
  announceEpoch(ctx, tx, bound);
  await recordAct(ctx, tx, { act: 'auth.contact_bound', target: { kind: 'user', id }, details: { contact: field } });
  await tellOfAddress(ctx, tx, user, field, contact.target);
  return bound;
}

/** @throws AppError NOT_FOUND when there is none; LAST_CREDENTIAL */
export async function removeContact(ctx: ContactCtx, { contact: field }: RemoveContactInput): Promise<void> {
  const { id } = ctx.caller;
  const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
  const value = user[field];
  if (value === undefined) return fail('NOT_FOUND', { detail: 'There is none' });
  requireOtherWay(ctx, user, field);
  const { $set, $inc } = staleTokens(ctx.clock.now());
  await ctx.transact(async (tx) => {
    const removed = await ctx.users.update(
      id,
      // Of two that remove the two last ways in, the second sees that the first has been there.
      { [field]: value, 'security.token_epoch': user.security.token_epoch },
      { $set: { ...$set, [`${field}_verified`]: false }, $inc, $unset: { [field]: '' } },
      tx,
    );
    if (!removed) return fail('INVALID_TRANSITION', { detail: 'The account was changed meanwhile, try again' });
    announceEpoch(ctx, tx, removed);
    await recordAct(ctx, tx, {
      act: 'auth.contact_removed',
      target: { kind: 'user', id },
      details: { contact: field },
    });
    return tellOfAddress(ctx, tx, user, field, null);
  });
}
