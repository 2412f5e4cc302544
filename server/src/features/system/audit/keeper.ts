// Looks after the audit: seals, tells the head, verifies the newest blocks, lets go what is past its time. One instance at a time.

import type { Lease } from '../../../database/lease.ts';
import type { Deps } from '../../../deps.ts';
import { pruneOld, type RetentionDeps } from './retention.ts';
import { BLOCK, sealNext } from './sealer.ts';
import { verifyChain, writeHead } from './verify.ts';
import { createAuditWatch } from './watch.ts';

export interface AuditKeeperOptions {
  readonly lease: Lease;
  /** Between two rounds, in ms; null: only when `run` is called. */
  readonly every: number | null;
  /** For so long lines are kept, in ms; for ever when absent. */
  readonly retention?: number | undefined;
}

export interface AuditKeeper {
  /** One round; false when another instance has the lease. */
  run(): Promise<boolean>;
  /** Gives the lease back. */
  close(): Promise<void>;
}

export type AuditKeeperDeps = RetentionDeps & Pick<Deps, 'metrics' | 'takeGuard'>;

const MINUTE = 60_000;
const EVERY = { head: 60 * MINUTE, check: 5 * MINUTE, retention: 60 * MINUTE };
/** So much of the end is looked at again and again. */
const CHECKED = { blocks: 60, mostLines: 5_000 };

export function startAuditKeeper(deps: AuditKeeperDeps, { lease, every, retention }: AuditKeeperOptions): AuditKeeper {
  const { auditTrail, clock, log, metrics } = deps;
  const watch = createAuditWatch(deps);
  const last: Partial<Record<keyof typeof EVERY, number>> = {};
  /** The newest head that was seen here: from then on it must be in the chain. */
  let head: string | undefined;

  const isDue = (what: keyof typeof EVERY): boolean =>
    clock.now().getTime() - (last[what] ?? Number.NEGATIVE_INFINITY) >= EVERY[what];
  const whenDue = async (what: keyof typeof EVERY, work: () => Promise<unknown>) => {
    if (!isDue(what)) return;
    last[what] = clock.now().getTime();
    await work();
  };
  const tellHead = async () => {
    const newest = await auditTrail.newestBlock();
    if (newest) log.audit.info({ head: writeHead(newest) }, 'the head of the audit chain');
  };
  const check = async () => {
    const found = await verifyChain(deps, { ...CHECKED, head });
    if (found.intact) {
      head = found.head ?? head;
      return;
    }
    metrics.securityEvents.inc({ type: 'audit_broken' });
    log.audit.error({ problems: found.problems }, 'the audit was tampered with');
  };

  const sealRest = async () => {
    for (let mayGoOn = true; mayGoOn; ) {
      const sealed = await sealNext(deps);
      if (sealed) watch(sealed);
      mayGoOn = sealed?.length === BLOCK && (await lease.take());
    }
  };

  const run = async (): Promise<boolean> => {
    const isNeeded =
      (await auditTrail.hasUnsealed()) || Object.keys(EVERY).some((what) => isDue(what as keyof typeof EVERY));
    if (!isNeeded || !(await lease.take())) return false;
    // Before: what was touched must not be built upon unnoticed.
    await whenDue('check', check);
    await sealRest();
    await whenDue('head', tellHead);
    await whenDue('retention', async () => retention !== undefined && (await pruneOld(deps, retention)));
    return true;
  };

  let round: Promise<unknown> | undefined;
  const timer =
    every === null
      ? undefined
      : setInterval(() => {
          round ??= run()
            .catch((error: unknown) => log.error.error({ error }, 'sealing the audit failed; it is tried again'))
            .finally(() => {
              round = undefined;
            });
        }, every);
  timer?.unref();
  return {
    run,
    async close() {
      clearInterval(timer);
      await round;
      await lease.release();
    },
  };
}
