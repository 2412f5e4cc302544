// A number that has passed to somebody else: its new holder gets an account of their own, and the old one loses it.
import type { SignInResult } from '@authcenter/shared';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../../platform/live/effects.ts';
import type { UserDocument } from '../../users/document.ts';
import { tellOldAddress } from '../../users/tell.ts';
import { requireUnlocked } from '../lockout/service.ts';
import { insertByPhone, newUserByPhone } from '../otp/account.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import type { OpenTicket } from '../sign-in/ticket.ts';

/** The number that was proven is meant, whatever the account has bound since. The account keeps everything else. */
export async function takeOverNumber(ctx: SignInCtx, { ticket, user: old, wishes }: OpenTicket): Promise<SignInResult> {
  const { phone } = ticket;
  if (phone === undefined) return fail('INVALID_CODE');
  const user = newUserByPhone(ctx, phone, null);
  return proceed(ctx, {
    user,
    methods: ticket.methods,
    wishes,
    clientId: ticket.client_id,
    attempt: await requireUnlocked(ctx, phone),
    async before(tx) {
      if (!(await ctx.tickets.consume(ticket._id, tx))) fail('INVALID_CODE');
      await loseNumber(ctx, tx, old, phone);
      await insertByPhone(ctx, tx, user);
    },
  });
}

async function loseNumber(ctx: SignInCtx, tx: Tx, old: UserDocument, phone: string): Promise<void> {
  const id = old._id.toHexString();
  const { $set, $inc } = staleTokens(ctx.clock.now());
  const loser = await ctx.users.update(
    id,
    { phone },
    { $set: { ...$set, phone_verified: false }, $inc, $unset: { phone: '' } },
    tx,
  );
  if (!loser) return fail('INVALID_CODE');
  announceEpoch(ctx, tx, loser);
  await recordAct(ctx, tx, {
    act: 'auth.number_moved',
    target: { kind: 'user', id },
    actor: { kind: 'user', id, sid: null },
  });
  if (old.email !== undefined && old.email_verified)
    await tellOldAddress(ctx, tx, id, { channel: 'email', target: old.email }, 'number_moved');
}
