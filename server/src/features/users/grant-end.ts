// The record of a grant that ran out: once for each, and told apart from one that somebody took away.
import { isLive } from '@authcenter/shared';
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { recordSystemAct } from '../../platform/audit.ts';
import type { GrantDocument, UserDocument } from './document.ts';

type EndDeps = Pick<Deps, 'audit' | 'clock' | 'log'>;

export const recordEnd = (deps: EndDeps, tx: Tx, userId: string, grant: GrantDocument): Promise<void> =>
  recordSystemAct(deps, tx, {
    act: 'users.grant_expired',
    target: { kind: 'user', id: userId },
    details: {
      role_id: grant.role_id.toHexString(),
      role: grant.role_name,
      granted_by: grant.granted_by?.toHexString() ?? null,
      granted_at: grant.granted_at,
      expires_at: grant.expires_at,
    },
  });

/** For grants that go before the sweep has come by. */
export async function recordEndOfRemoved(
  deps: EndDeps,
  tx: Tx,
  before: UserDocument,
  after: readonly GrantDocument[],
): Promise<void> {
  const now = deps.clock.now();
  for (const grant of before.roles)
    if (!after.includes(grant) && !isLive(grant, now) && grant.expiry_noted_at === undefined)
      await recordEnd(deps, tx, before._id.toHexString(), grant);
}
