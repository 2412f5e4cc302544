// users.delete: an account goes with everything that is held on its owner, at once.
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { announceEpoch, endAllSessions, staleTokens } from '../../platform/live/effects.ts';
import { readForChange } from './acting.ts';
import type { UserDocument } from './document.ts';
import { requireAnotherAdmin } from './last-admin.ts';

type RemoveDeps = Pick<Deps, 'users' | 'sessions' | 'live' | 'clock' | 'removeUserData'>;

/** @throws AppError NOT_FOUND; LAST_ADMIN; PERMISSION_DENIED by the level rule */
export async function deleteUser(
  ctx: Ctx<keyof RemoveDeps | 'roles' | 'takeGuard' | 'transact' | 'audit' | 'log'>,
  { id }: { id: string },
): Promise<void> {
  await ctx.transact(async (tx) => {
    const { target } = await readForChange(ctx, tx, id, 'user:DELETE');
    await requireAnotherAdmin(ctx, tx, target);
    if (!(await removeUser(ctx, tx, target))) fail('NOT_FOUND');
    await recordAct(ctx, tx, {
      act: 'users.delete',
      target: { kind: 'user', id },
      details: { username: target.username },
    });
  });
}

/** Under the guard of rights. Sessions are revoked, not removed: their tokens must be known. */
export async function removeUser(deps: RemoveDeps, tx: Tx, user: UserDocument): Promise<boolean> {
  const id = user._id.toHexString();
  const { $set, $inc } = staleTokens(deps.clock.now());
  // Told first, for whoever keeps what they were answered about the user: of a removal alone no feed would tell.
  const stale = await deps.users.update(id, {}, { $set, $inc }, tx);
  if (!stale) return false;
  announceEpoch(deps, tx, stale);
  await endAllSessions(deps, tx, id, 'user_deleted');
  await deps.removeUserData(tx, id);
  return deps.users.remove(id, {}, tx);
}
