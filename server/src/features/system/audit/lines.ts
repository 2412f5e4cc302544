// What of a record and of a block leaves: for lists, and for exports as they were sealed.
import type { AuditExportItem, AuditLine } from '@authcenter/shared';
import type { AuditCommitment, AuditDocument } from '../../../platform/audit.ts';
import { judgePart, PARTS } from './commitments.ts';
import type { AuditBlock } from './repository.ts';

export function toAuditLine(record: AuditDocument): AuditLine {
  const { _id, seal, ip, user_agent, personal = null, ...rest } = record;
  return {
    id: _id.toHexString(),
    ...rest,
    ip,
    user_agent,
    personal,
    erased: PARTS.some((part) => judgePart(record, part) === 'erased'),
    block: seal?.block ?? null,
  };
}

export function toExportedLine(record: AuditDocument): AuditExportItem {
  const { _id, seal, ip, user_agent, personal = null, ...rest } = record;
  return {
    kind: 'line',
    line: { id: _id.toHexString(), ...rest },
    origin: ip === null && user_agent === null ? null : { ip, user_agent },
    personal,
    seal: seal
      ? {
          block: seal.block,
          index: seal.index,
          origin: toCommitment(seal.origin),
          personal: toCommitment(seal.personal),
        }
      : null,
  };
}

const toCommitment = (commitment: AuditCommitment | undefined) =>
  commitment ? { hash: commitment.hash, salt: commitment.salt ?? null } : null;

export function toExportedBlock({
  _id: block,
  prev,
  at,
  count,
  from,
  to,
  root,
  key,
  hash,
}: AuditBlock): AuditExportItem {
  return { kind: 'block', block, prev, at, count, from, to, root, key, hash };
}
