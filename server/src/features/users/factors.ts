// users.mfa.reset: an administrator takes every second factor off an account whose owner has lost them.
import type { User } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { announceEpoch, endAllSessions, staleTokens } from '../../platform/live/effects.ts';
import { readForChange } from './acting.ts';
import { tellOfChange } from './tell.ts';
import { toUser } from './wire.ts';

/** Ends all sessions: whoever holds one may be the reason. @throws AppError NOT_FOUND; PERMISSION_DENIED by the level rule */
export async function resetFactors(
  ctx: Ctx<
    | 'users'
    | 'roles'
    | 'sessions'
    | 'passkeys'
    | 'tickets'
    | 'live'
    | 'clock'
    | 'takeGuard'
    | 'transact'
    | 'audit'
    | 'log'
    | 'queueMessage'
  >,
  { id }: { id: string },
): Promise<User> {
  const now = ctx.clock.now();
  const user = await ctx.transact(async (tx) => {
    await readForChange(ctx, tx, id, 'user:UPDATE');
    const { $set, $inc } = staleTokens(now);
    const changed =
      (await ctx.users.update(
        id,
        {},
        { $set: { ...$set, 'security.factors_changed_at': now }, $inc, $unset: { 'security.two_factor': '' } },
        tx,
      )) ?? fail('NOT_FOUND');
    await ctx.passkeys.removeOfUser(new ObjectId(id), tx);
    await ctx.tickets.removeOfUser(id, tx);
    announceEpoch(ctx, tx, changed);
    await endAllSessions(ctx, tx, id, 'factors_reset');
    await recordAct(ctx, tx, { act: 'users.mfa_reset', target: { kind: 'user', id } });
    await tellOfChange(ctx, tx, id, 'factors', 'removed');
    return changed;
  });
  return toUser(user, now);
}
