// Whether what is held twice says the same twice: every copy recomputed from its source.
import type { Database } from '../../../database/client.ts';
import { listUnderWay } from '../../../database/outbox.ts';
import { sourceOf } from '../../../platform/copies/outbox.ts';
import { COPIES, type CopyName } from '../../../platform/copies/table.ts';
import { findOrphanGrants } from './grants.ts';
import { findWrongPasskeyCounts } from './passkeys.ts';
import { findWrongPermissions } from './role-permissions.ts';

export const CHECKS = ['role_name', 'role_permissions', 'admin_permissions', 'grants', 'passkeys'] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Finding {
  readonly copy: CheckName;
  /** How many copies differ. */
  readonly differing: number;
  /** Where, for a person; not all of them. */
  readonly where: readonly string[];
}

const MOST_TOLD = 20;

/** What differs and will not be made true by itself: what the outbox has in hand is left out. */
export async function checkCopies(
  database: Database,
  onCheck: (copy: CheckName) => void = () => undefined,
): Promise<Finding[]> {
  const permissions = () => findWrongPermissions(database);
  const finders: Record<CheckName, () => Promise<readonly string[] | Omit<Finding, 'copy'>>> = {
    role_name: () => findDiffering(database, 'role_name'),
    role_permissions: async () => (await permissions()).roles.map(({ role }) => `role ${role.name}`),
    admin_permissions: async () => (await permissions()).missingFromAdmin.map(({ name }) => `permission ${name}`),
    grants: async () => {
      const { roleIds, holders } = await findOrphanGrants(database);
      return { differing: holders, where: roleIds.map((id) => `role ${id}`) };
    },
    passkeys: async () => (await findWrongPasskeyCounts(database)).map((id) => `user ${id.toHexString()}`),
  };
  const findings: Finding[] = [];
  for (const copy of CHECKS) {
    onCheck(copy);
    const found = await finders[copy]();
    const { differing, where } = 'where' in found ? found : { differing: found.length, where: found };
    findings.push({ copy, differing, where: where.slice(0, MOST_TOLD) });
  }
  return findings;
}

/** A change between two looks might seem a difference; so what is found, and is not under way, is looked at again. */
async function findDiffering(database: Database, copy: CopyName): Promise<Omit<Finding, 'copy'>> {
  const seen = await COPIES[copy].listDiffering(database);
  const busy = seen.length > 0 ? await listUnderWay(database) : new Set();
  const left = seen.map(({ source }) => source).filter((source) => !busy.has(sourceOf({ copy, source })));
  const differing = left.length > 0 ? await COPIES[copy].listDiffering(database, left) : [];
  return {
    differing: differing.reduce((sum, { copies }) => sum + copies, 0),
    where: differing.map(({ source, name, copies }) => `${COPIES[copy].of} ${name} (${source}): ${copies}`),
  };
}
