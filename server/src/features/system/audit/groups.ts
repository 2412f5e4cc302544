// Sealed lines, as they come in the order of their seals, put together by block.
import type { AuditDocument } from '../../../platform/audit.ts';

export interface LinesOfBlock {
  readonly block: number;
  readonly records: readonly AuditDocument[];
}

export async function* groupByBlock(source: AsyncIterable<AuditDocument>): AsyncGenerator<LinesOfBlock, void> {
  let [block, records]: [number, AuditDocument[]] = [0, []];
  for await (const record of source) {
    const its = record.seal?.block ?? 0;
    if (its !== block && records.length > 0) {
      yield { block, records };
      records = [];
    }
    block = its;
    records.push(record);
  }
  if (records.length > 0) yield { block, records };
}
