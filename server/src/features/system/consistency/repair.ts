// Making true what differs, beside running servers: each change is conditional, and copies go the way that they always go.
import { setTimeout as sleep } from 'node:timers/promises';
import { createCopyHandlers, enqueueRemovedRole } from '../../../copy-work.ts';
import { isInHand, releaseParked, startOutboxWorker } from '../../../database/outbox.ts';
import type { Deps } from '../../../deps.ts';
import { enqueueCopy } from '../../../platform/copies/outbox.ts';
import { COPIES, type CopyName } from '../../../platform/copies/table.ts';
import { findOrphanGrants } from './grants.ts';
import { repairPasskeyCounts } from './passkeys.ts';
import { repairPermissions } from './role-permissions.ts';

export type RepairDeps = Pick<
  Deps,
  'database' | 'users' | 'roles' | 'audit' | 'clock' | 'log' | 'takeGuard' | 'transact' | 'instanceId'
>;

/** Between two looks at what another instance has in hand, in ms. */
const LOOK_AGAIN = 200;

/** What was parked is tried again as well. Whatever goes wrong is left as it is: the next check tells. */
export async function repairCopies(deps: RepairDeps, onCopied?: (copies: number) => void): Promise<void> {
  const { database, clock } = deps;
  await repairPermissions(deps);
  await repairPasskeyCounts(database);
  await releaseParked(database, clock.now());
  for (const copy of Object.keys(COPIES) as CopyName[])
    for (const { source } of await COPIES[copy].listDiffering(database))
      await deps.transact((tx) => enqueueCopy(database, tx, { copy, source }, clock.now()));
  for (const roleId of (await findOrphanGrants(database)).roleIds)
    await deps.transact((tx) => enqueueRemovedRole(deps, tx, roleId));
  await workOff(deps, onCopied);
}

/** With the running servers, and without any. */
async function workOff(deps: RepairDeps, onCopied?: (copies: number) => void): Promise<void> {
  const worker = startOutboxWorker(deps.database, {
    owner: deps.instanceId,
    handlers: createCopyHandlers(deps, onCopied),
    clock: deps.clock,
    log: deps.log.root,
  });
  try {
    await worker.idle();
    while (await isInHand(deps.database, deps.clock.now())) {
      await sleep(LOOK_AGAIN);
      await worker.idle();
    }
  } finally {
    await worker.close();
  }
}
