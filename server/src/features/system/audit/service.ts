// system.audit: the lines of the audit are read, verified and handed out.
import type {
  AuditExportItem,
  AuditVerification,
  ExportAuditInput,
  ListAuditInput,
  VerifyAuditInput,
} from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import { groupByBlock } from './groups.ts';
import { toAuditLine, toExportedBlock, toExportedLine } from './lines.ts';
import { type VerifyDeps, verifyChain } from './verify.ts';

export async function listAudit(
  ctx: Ctx<'auditTrail'>,
  { limit, cursor, with_total: withTotal, ...filter }: ListAuditInput,
) {
  return toPage(await ctx.auditTrail.list(filter, { limit, cursor, withTotal }), toAuditLine);
}

/** Of one call; who wants more goes on with `next`. */
const MOST_LINES = 20_000;

export const verifyAudit = (
  ctx: Ctx<'auditTrail' | 'auditKeys'>,
  input: VerifyAuditInput,
): Promise<AuditVerification> => verifyChain(ctx, { ...input, mostLines: MOST_LINES });

/** Whole blocks, so that whoever has the key can verify what they are given; then what is not sealed yet. */
export async function* exportAudit(
  { auditTrail }: Pick<VerifyDeps, 'auditTrail'>,
  time: ExportAuditInput,
): AsyncGenerator<AuditExportItem, void> {
  const span = await auditTrail.spanOf(time);
  if (span) {
    const groups = groupByBlock(auditTrail.followSealed(span.first, span.last));
    try {
      let group = await groups.next();
      for await (const block of auditTrail.followBlocks(span.first, span.last)) {
        while (!group.done && group.value.block < block._id) group = await groups.next();
        yield toExportedBlock(block);
        if (group.done || group.value.block !== block._id) continue;
        for (const record of group.value.records) yield toExportedLine(record);
      }
    } finally {
      await groups.return();
    }
  }
  for await (const record of auditTrail.followUnsealed(time)) yield toExportedLine(record);
}
