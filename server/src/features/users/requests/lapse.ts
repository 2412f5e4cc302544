// Requests that nobody decided in a week are over.
import type { Tx } from '../../../database/transaction.ts';
import type { Deps } from '../../../deps.ts';
import { recordSystemAct } from '../../../platform/audit.ts';
import { closing, REQUEST_LIFE, statusOf } from './policy.ts';
import type { AccessRequestDocument } from './repository.ts';

export type LapseDeps = Pick<Deps, 'accessRequests' | 'clock' | 'audit' | 'log'>;

const BATCH = 500;

/** Safe on every instance at once: each is closed by a condition of its own. */
export async function lapseRequests(deps: LapseDeps & Pick<Deps, 'transact'>): Promise<number> {
  const before = new Date(deps.clock.now().getTime() - REQUEST_LIFE);
  let lapsed = 0;
  for (const request of await deps.accessRequests.listStale(before, BATCH))
    if (await deps.transact((tx) => lapseIfOver(deps, tx, request))) lapsed++;
  return lapsed;
}

/** @returns whether it was over, and this call closed it */
export async function lapseIfOver(deps: LapseDeps, tx: Tx, request: AccessRequestDocument): Promise<boolean> {
  const now = deps.clock.now();
  if (statusOf(request, now) !== 'lapsed') return false;
  if (!(await deps.accessRequests.updatePending(request._id, closing('lapsed', now), tx))) return false;
  await recordSystemAct(deps, tx, {
    act: 'rbac.request_lapsed',
    target: { kind: 'access_request', id: request._id.toHexString() },
    details: { role: request.role_name, user_id: request.user_id.toHexString(), approvals: request.approvals.length },
  });
  return true;
}
