// What follows when a factor was added: the first one brings backup codes, a sign-in that waited for it goes on.
import type { FactorActivated } from '@authcenter/shared';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { announceEnded } from '../../../platform/live/effects.ts';
import type { TwoFactorDocument, UserDocument } from '../../users/document.ts';
import { requireUnlocked } from '../lockout/service.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import type { OpenTicket } from '../sign-in/ticket.ts';
import { accountKey } from '../sign-in/try.ts';
import { hashBackupCode, newBackupCodes } from './backup-codes.ts';
import { changeFactors } from './factors.ts';
import type { Holder } from './holder.ts';

export interface AddedFactor {
  readonly kind: 'totp' | 'passkey';
  /** What the session says of it. */
  readonly method: 'otp' | 'passkey';
  /** The factors as they are with it. */
  readonly factors: TwoFactorDocument;
  /** What else belongs into the transaction. */
  readonly alongside?: (tx: Tx) => Promise<void>;
}

/** @throws AppError INVALID_CODE when the account was changed meanwhile; ACCOUNT_LOCKED for a sign-in that waits */
export async function addFactor(ctx: SignInCtx, holder: Holder, added: AddedFactor): Promise<FactorActivated> {
  const { user, waiting } = holder;
  const id = user._id.toHexString();
  const own = !waiting && ctx.caller?.kind === 'user' ? ctx.caller.sid : undefined;
  const codes = added.factors.backup_codes.length > 0 ? null : newBackupCodes();
  const backup_codes = codes?.map((code) => hashBackupCode(ctx.hashLink, id, code)) ?? added.factors.backup_codes;
  const add = () =>
    ctx.transact(async (tx) => {
      if (waiting && !(await ctx.tickets.consume(waiting.ticket._id, tx))) fail('INVALID_CODE');
      await added.alongside?.(tx);
      if (codes) await endSessionsWithout(ctx, tx, id, own);
      if (own) await ctx.sessions.addMethods(own, [added.method, TWO_FACTORS], tx);
      return changeFactors(
        ctx,
        tx,
        user,
        { ...added.factors, backup_codes },
        { act: 'auth.factor_added', changed: added.kind, deed: 'added' },
      );
    });
  if (waiting) return { ...(await goOn(ctx, waiting, added.method, add)), backup_codes: codes };
  await add();
  return { status: 'active', backup_codes: codes };
}

/** Others were opened before there was a factor: by a password, perhaps, that somebody else knows. */
async function endSessionsWithout(ctx: SignInCtx, tx: Tx, userId: string, keep: string | undefined): Promise<void> {
  const ended = await ctx.sessions.revokeAll(userId, 'factor_added', ctx.clock.now(), tx, keep);
  announceEnded(ctx, tx, ended);
}

async function goOn(
  ctx: SignInCtx,
  { ticket, wishes }: OpenTicket,
  method: AddedFactor['method'],
  add: () => Promise<UserDocument>,
) {
  // First: who is locked out would have a factor whose backup codes nobody was shown.
  const attempt = await requireUnlocked(ctx, accountKey(ticket.user_id.toHexString()));
  const result = await proceed(ctx, {
    user: await add(),
    methods: [...ticket.methods, method, TWO_FACTORS],
    wishes,
    clientId: ticket.client_id,
    attempt,
  });
  // With two factors shown, neither is asked for any more.
  return result.status === 'ok' || result.status === 'password_change_required' ? result : fail('INVALID_CODE');
}
