// The sealer: links what acts have recorded into the chain. Not by time, which is no order of commits: whatever has no place yet gets the next.

import { duplicateKey } from '../../../database/errors.ts';
import type { Deps } from '../../../deps.ts';
import type { AuditDocument } from '../../../platform/audit.ts';
import { sealBlock } from './chain.ts';
import type { VerifyDeps } from './verify.ts';

export type SealerDeps = VerifyDeps & Pick<Deps, 'transact' | 'takeGuard' | 'clock'>;

/** Lines in a block, at most: what is hashed in one go must not keep requests waiting. */
export const BLOCK = 500;

/**
 * Seals one block. Two instances that do it at once are harmless: both would write the block of one number.
 *
 * @returns the lines that were sealed; none when there is nothing to seal, null when another was faster
 */
export async function sealNext({
  auditTrail,
  auditKeys,
  transact,
  takeGuard,
  clock,
}: SealerDeps): Promise<AuditDocument[] | null> {
  try {
    return await transact(async (tx) => {
      // Whoever comes second finds out before it has done the work.
      await takeGuard(tx, 'audit_chain');
      const records = await auditTrail.listUnsealed(BLOCK, tx);
      if (records.length === 0) return [];
      const previous = await auditTrail.newestBlock(tx);
      const { block, seals } = sealBlock(records, previous, auditKeys, clock.now());
      await auditTrail.insertBlock(block, tx);
      const ids = records.map(({ _id }) => _id);
      if (!(await auditTrail.setSeals(ids, seals, tx))) throw new Taken();
      return records;
    });
  } catch (error) {
    if (error instanceof Taken || duplicateKey(error) !== null) return null;
    throw error;
  }
}

class Taken extends Error {
  override name = 'Taken';
}
