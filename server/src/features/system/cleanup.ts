// What is no longer needed goes: sessions revoked long ago, registrations that lapsed, accounts whose owners have left. Codes and attempts have a TTL index.
import type { Deps } from '../../deps.ts';
import { recordSystemAct } from '../../platform/audit.ts';
import { endAllSessions } from '../../platform/live/effects.ts';
import { LIVE_MARGIN } from '../../platform/live/live-state.ts';
import { type RemoveDeps, removeLeavers } from './remove-account.ts';

const BATCH = 500;

/** Safe on every instance at once: each deletion is conditional on its own. */
export async function cleanUp(
  deps: RemoveDeps & Pick<Deps, 'config'>,
): Promise<{ sessions: number; registrations: number; leavers: number }> {
  const now = deps.clock.now();
  // A starting instance reads the revoked sessions of this span.
  const sessions = await deps.sessions.removeRevokedBefore(
    new Date(now.getTime() - deps.config.jwt.access_token_expire - LIVE_MARGIN),
  );
  const leavers = await removeLeavers(deps, BATCH);
  if (deps.config.registration.email_verification !== 'required') {
    // Since the mode was changed these accounts have been in order as they are.
    await deps.users.keepUnverified();
    return { sessions, registrations: 0, leavers };
  }
  let registrations = 0;
  for (const { _id } of await deps.users.listLapsed(now, BATCH)) {
    const id = _id.toHexString();
    const removed = await deps.transact(async (tx) => {
      if (!(await deps.users.remove(id, { unverified_until: { $lte: now } }, tx))) return false;
      await endAllSessions(deps, tx, id, 'user_deleted');
      await deps.removeUserData(tx, id);
      await recordSystemAct(deps, tx, {
        act: 'users.removed',
        target: { kind: 'user', id },
        details: { reason: 'address never verified' },
      });
      return true;
    });
    if (removed) registrations++;
  }
  return { sessions, registrations, leavers };
}
