// What an attack looks like in the audit: every line passes here once, when it is sealed, wherever it was recorded.
import type { Deps } from '../../../deps.ts';
import type { AuditDocument } from '../../../platform/audit.ts';

/** Acts by which somebody comes to be able to do more, or others less. */
const CHANGES_RIGHTS = /^(users\.(assign_role|remove_role|set_status)|rbac\.\w+)$/;

const MINUTE = 60_000;
/** One address that fails with so many different accounts tries one password on all of them. */
const SPRAY = { accounts: 20, within: 10 * MINUTE };
const LOCK_STORM = { locks: 10, within: 5 * MINUTE };
/** Addresses that are kept in mind. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  readonly since: number;
  readonly accounts: Set<unknown>;
  told: boolean;
}

export type AuditWatch = (records: readonly AuditDocument[]) => void;

export function createAuditWatch({ metrics, log }: Pick<Deps, 'metrics' | 'log'>): AuditWatch {
  const failures = new Map<string, Failures>();
  let locks: number[] = [];
  let stormTold = Number.NEGATIVE_INFINITY;

  const watchSpray = (ip: string, account: unknown, at: number) => {
    let known = failures.get(ip);
    if (!known || at - known.since > SPRAY.within) {
      known = { since: at, accounts: new Set(), told: false };
      // The one that began first makes room.
      failures.delete(ip);
      failures.set(ip, known);
      const [oldest] = failures.keys();
      if (failures.size > MOST_ADDRESSES && oldest !== undefined) failures.delete(oldest);
    }
    if (known.told) return;
    known.accounts.add(account);
    if (known.accounts.size < SPRAY.accounts) return;
    known.told = true;
    metrics.securityEvents.inc({ type: 'spray' });
    log.auth.warn({ ip, accounts: known.accounts.size }, 'one address fails to sign in to many accounts');
  };

  const watchLocks = (at: number) => {
    locks = [...locks.filter((time) => at - time <= LOCK_STORM.within), at];
    if (locks.length < LOCK_STORM.locks || at - stormTold <= LOCK_STORM.within) return;
    stormTold = at;
    metrics.securityEvents.inc({ type: 'lock_storm' });
    log.auth.warn({ locks: locks.length }, 'many sign-ins were locked within minutes');
  };

  return (records) => {
    for (const { act, outcome, ip, details, at } of records) {
      if (outcome === 'success' && CHANGES_RIGHTS.test(act)) metrics.securityEvents.inc({ type: 'privilege_change' });
      if (act !== 'auth.login' || outcome !== 'failure') continue;
      if (ip !== null) watchSpray(ip, details['identifier'], at.getTime());
      if (details['locked'] === true) watchLocks(at.getTime());
    }
  };
}
