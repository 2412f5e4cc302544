// What makes copies true, from records of the outbox: the work of every server, and of the command line when it repairs.
import { enqueue, type OutboxHandler } from './database/outbox.ts';
import type { Tx } from './database/transaction.ts';
import type { Deps } from './deps.ts';
import { rewriteGrants } from './features/rbac/roles/removal.ts';
import { COPY, copyHandler } from './platform/copies/outbox.ts';

/** The outbox's name of these records. */
export const REMOVED_ROLE = 'removed_role';

type CopyDeps = Pick<Deps, 'database' | 'users' | 'roles' | 'clock' | 'takeGuard' | 'transact'>;

/** By kind. */
export const createCopyHandlers = (
  deps: CopyDeps,
  onCopied?: (copies: number) => void,
): Record<string, OutboxHandler> => ({
  [COPY]: copyHandler(deps.database, onCopied),
  [REMOVED_ROLE]: (payload) => rewriteGrants(deps, payload),
});

export const enqueueRemovedRole = (
  { database, clock }: Pick<Deps, 'database' | 'clock'>,
  tx: Tx,
  roleId: string,
): Promise<void> =>
  enqueue(database, tx, { kind: REMOVED_ROLE, payload: { role_id: roleId }, source: `role:${roleId}` }, clock.now());
