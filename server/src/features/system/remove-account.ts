// Removing an account with everything that is held on its owner.
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { recordSystemAct } from '../../platform/audit.ts';
import { RIGHTS_GUARD } from '../users/acting.ts';
import { removeUser } from '../users/delete.ts';
import { requireAnotherAdmin } from '../users/last-admin.ts';

export type RemoveDeps = Pick<
  Deps,
  'users' | 'sessions' | 'live' | 'clock' | 'takeGuard' | 'transact' | 'removeUserData' | 'audit' | 'log'
>;

/** Whose 15 days are over goes, unless they came back meanwhile or have become the last administrator. */
export async function removeLeavers(deps: RemoveDeps, batch: number): Promise<number> {
  const now = deps.clock.now();
  let removed = 0;
  for (const { _id } of await deps.users.listDueForDeletion(now, batch)) {
    const id = _id.toHexString();
    try {
      if (await deps.transact((tx) => removeLeaver(deps, tx, id, now))) removed++;
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'LAST_ADMIN')) throw error;
      deps.log.root.warn({ user_id: id }, 'an account is due for deletion and stays: it is the last administrator');
    }
  }
  return removed;
}

async function removeLeaver(deps: RemoveDeps, tx: Tx, id: string, now: Date): Promise<boolean> {
  await deps.takeGuard(tx, RIGHTS_GUARD);
  const user = await deps.users.findById(id, tx);
  // Whoever came back meanwhile stays.
  if (!user?.deletion_due_at || user.deletion_due_at.getTime() > now.getTime()) return false;
  await requireAnotherAdmin(deps, tx, user);
  if (!(await removeUser(deps, tx, user))) return false;
  await recordSystemAct(deps, tx, {
    act: 'users.removed',
    target: { kind: 'user', id },
    details: { reason: 'asked to leave' },
  });
  return true;
}
