// auth.account.delete: leaving, with 15 days to change one's mind by signing in.
import type { AccountDeletion } from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, endAllSessions, staleTokens } from '../../../platform/live/effects.ts';
import { RIGHTS_GUARD } from '../../users/acting.ts';
import { requireAnotherAdmin } from '../../users/last-admin.ts';

/** In ms. */
const GRACE = 15 * 24 * 3_600_000;

/** Ends all sessions. @throws AppError LAST_ADMIN */
export async function requestDeletion(
  ctx: Ctx<'users' | 'sessions' | 'live' | 'clock' | 'takeGuard' | 'transact' | 'audit' | 'log' | 'queueMessage'>,
): Promise<AccountDeletion> {
  const { id } = ctx.caller;
  const now = ctx.clock.now();
  const deletion_due_at = new Date(now.getTime() + GRACE);
  await ctx.transact(async (tx) => {
    await ctx.takeGuard(tx, RIGHTS_GUARD);
    const user = (await ctx.users.findById(id, tx)) ?? fail('NOT_FOUND');
    await requireAnotherAdmin(ctx, tx, user);
    const { $set, $inc } = staleTokens(now);
    const leaving =
      (await ctx.users.update(id, {}, { $set: { ...$set, deletion_due_at }, $inc }, tx)) ?? fail('NOT_FOUND');
    announceEpoch(ctx, tx, leaving);
    await endAllSessions(ctx, tx, id, 'user_deleted');
    await recordAct(ctx, tx, {
      act: 'auth.account_deletion_requested',
      target: { kind: 'user', id },
      details: { deletion_due_at },
    });
    await ctx.queueMessage(
      {
        kind: 'notice',
        notice: 'account_deletion',
        user_id: id,
        locale: ctx.request.language(),
        details: { at: deletion_due_at.toISOString() },
      },
      tx,
    );
  });
  if (ctx.request.refreshCookie !== null) ctx.reply.setRefreshCookie(null);
  return { deletion_due_at };
}
