// Acts that take force from tokens: written in the caller's transaction, in effect on this instance once it is committed; the change stream tells the others.

import type { EndReason } from '@authcenter/shared/acts';
import { afterCommit, type Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { UserDocument } from '../../features/users/document.ts';
import type { LiveClient } from './live-state.ts';

/** Update operators that make a user's tokens stale: part of every change of grants, status, password or factors. */
export const staleTokens = (now: Date) => ({
  $set: { 'security.epoch_at': now, updated_at: now },
  $inc: { 'security.token_epoch': 1 },
});

/** Tells this instance of a raised epoch. */
export function announceEpoch({ live, clock }: Pick<Deps, 'live' | 'clock'>, tx: Tx, user: UserDocument): void {
  const raised = { id: user._id.toHexString(), epoch: user.security.token_epoch, at: clock.now() };
  afterCommit(tx, () => live.raiseEpoch(raised));
}

/** Tells this instance of ended sessions. */
export function announceEnded({ live, clock }: Pick<Deps, 'live' | 'clock'>, tx: Tx, sids: readonly string[]): void {
  const at = clock.now();
  afterCommit(tx, () => live.revokeSessions(sids.map((id) => ({ id, at }))));
}

/** Tells this instance of a client that was made, changed or (null) removed. */
export function announceClient({ live }: Pick<Deps, 'live'>, tx: Tx, id: string, client: LiveClient | null): void {
  afterCommit(tx, () => live.setClient(id, client));
}

/** Ends all of a user's sessions; answers how many there were. */
export async function endAllSessions(
  deps: Pick<Deps, 'sessions' | 'live' | 'clock'>,
  tx: Tx,
  userId: string,
  reason: EndReason,
): Promise<number> {
  const ended = await deps.sessions.revokeAll(userId, reason, deps.clock.now(), tx);
  announceEnded(deps, tx, ended);
  return ended.length;
}
