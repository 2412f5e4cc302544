// Checking and repairing copies from outside a running server: the command line's side of them.
import { randomUUID } from 'node:crypto';
import type { Database } from './database/client.ts';
import { takeGuard } from './database/guards.ts';
import { countParkedTurns } from './database/outbox.ts';
import { inTransaction } from './database/transaction.ts';
import { createRolesRepository } from './features/rbac/repository.ts';
import { checkCopies, type Finding } from './features/system/consistency/check.ts';
import { repairCopies } from './features/system/consistency/repair.ts';
import { createUsersRepository } from './features/users/repository.ts';
import { createAuditRepository } from './platform/audit.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { createLogger, createLogStreams } from './platform/logger.ts';

export interface ConsistencyReport {
  readonly consistent: boolean;
  readonly copies: readonly Finding[];
  /** Changes that could not be copied, and are tried no more until a repair. */
  readonly parked: number;
}

export async function checkConsistency(
  database: Database,
  onCheck?: (copy: string) => void,
): Promise<ConsistencyReport> {
  const copies = await checkCopies(database, onCheck);
  const parked = await countParkedTurns(database);
  return { consistent: parked === 0 && copies.every(({ differing }) => differing === 0), copies, parked };
}

/** Safe beside running servers, and by none. */
export const repairConsistency = (
  database: Database,
  onCopied?: (copies: number) => void,
  clock: Clock = systemClock,
): Promise<void> =>
  repairCopies(
    {
      database,
      users: createUsersRepository(database),
      roles: createRolesRepository(database),
      audit: createAuditRepository(database),
      clock,
      log: createLogStreams(createLogger('silent')),
      takeGuard: (tx, name) => takeGuard(database, tx, name),
      transact: (work) => inTransaction(database, work),
      instanceId: `repair/${randomUUID()}`,
    },
    onCopied,
  );
