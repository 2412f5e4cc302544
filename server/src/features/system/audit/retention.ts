// Retention: whole blocks whose lines are all past their time go; a signed mark on the last of them shows that the server did it.
import type { Deps } from '../../../deps.ts';
import { recordSystemAct } from '../../../platform/audit.ts';
import { hashPruning } from './chain.ts';
import type { VerifyDeps } from './verify.ts';

export type RetentionDeps = VerifyDeps & Pick<Deps, 'transact' | 'clock' | 'audit' | 'log'>;

/**
 * @param retention - milliseconds
 * @returns how many blocks have lost their lines
 */
export async function pruneOld(deps: RetentionDeps, retention: number): Promise<number> {
  const { auditTrail, auditKeys, clock, transact } = deps;
  const now = clock.now();
  const before = (await auditTrail.newestPruned())?._id ?? 0;
  const newest = await auditTrail.newestBlock();
  if (!newest || newest._id <= before) return finish(deps, before);
  const staying = await auditTrail.firstBlockSince(new Date(now.getTime() - retention), before + 1);
  const last = await auditTrail.findBlock((staying?._id ?? newest._id + 1) - 1);
  if (!last || last._id <= before) return finish(deps, before);
  const { id: key, key: secret } = auditKeys.current;
  const marked = await transact(async (tx) => {
    // First the mark, then the lines: a crash between the two leaves too much, never a hole.
    if (!(await auditTrail.markPruned(last._id, { at: now, key, mac: hashPruning(last, now, secret) }, tx)))
      return false;
    await recordSystemAct(deps, tx, {
      act: 'system.audit_pruned',
      target: { kind: 'audit_block', id: String(last._id) },
      details: { from_block: before + 1, to_block: last._id, lines_until: last.to },
    });
    return true;
  });
  await finish(deps, marked ? last._id : before);
  return marked ? last._id - before : 0;
}

/** Also what an earlier run left. */
async function finish({ auditTrail }: RetentionDeps, id: number): Promise<0> {
  if (id > 0) await auditTrail.removeUpTo(id);
  return 0;
}
