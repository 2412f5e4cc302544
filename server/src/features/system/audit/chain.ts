// The chain of blocks: how lines are sealed, and how a block shows that they were touched. Pure, but for the salts.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { AuditFault, AuditProblem } from '@authcenter/shared';
import { Binary } from 'mongodb';
import type { AuditDocument, AuditSeal } from '../../../platform/audit.ts';
import { canonicalJson } from './canonical.ts';
import { commit, judgePart, PARTS, readPart } from './commitments.ts';
import type { AuditKeys } from './keys.ts';
import type { AuditBlock } from './repository.ts';

const DIGEST = 32;

export interface SealedBlock {
  readonly block: AuditBlock;
  /** In the order of the records. */
  readonly seals: readonly AuditSeal[];
}

/** @param records - in their order, at least one */
export function sealBlock(
  records: readonly AuditDocument[],
  previous: Pick<AuditBlock, '_id' | 'hash'> | null,
  keys: AuditKeys,
  at: Date,
): SealedBlock {
  const _id = (previous?._id ?? 0) + 1;
  const seals = records.map((record, index): AuditSeal => {
    const seal: AuditSeal = { block: _id, index };
    for (const part of PARTS) {
      const value = readPart(record, part);
      if (value) seal[part] = commit(value);
    }
    return seal;
  });
  const digests = Buffer.concat(records.map((record, index) => digestLine(record, seals[index])));
  const times = records.map((record) => record.at.getTime());
  const header = {
    _id,
    prev: previous?.hash ?? '',
    at,
    count: records.length,
    from: new Date(Math.min(...times)),
    to: new Date(Math.max(...times)),
    root: sha256(digests).toString('base64url'),
    key: keys.current.id,
  };
  const block = { ...header, hash: hashBlock(header, keys.current.key), digests: new Binary(digests) };
  return { block, seals };
}

/** SHA-256 of the line as it stays, with the hashes of its parts in their place. */
export function digestLine(record: AuditDocument, seal = record.seal): Buffer {
  const { _id, seal: _, ip: _ip, user_agent: _agent, personal: _personal, ...rest } = record;
  const parts = Object.fromEntries(PARTS.map((part) => [part, seal?.[part]?.hash ?? null]));
  return sha256(canonicalJson({ line: { id: _id, ...rest }, ...parts }));
}

/** HMAC-SHA-256 over everything that a block says, the hash of the one before included. */
export function hashBlock(
  { _id, prev, at, count, from, to, root, key: keyId }: Omit<AuditBlock, 'hash'>,
  key: Uint8Array,
): string {
  return mac(key, { block: _id, prev, at, count, from, to, root, key: keyId });
}

/** What shows that lines up to this block went by the server's own hand. */
export const hashPruning = (block: Pick<AuditBlock, '_id' | 'hash'>, at: Date, key: Uint8Array): string =>
  mac(key, { pruned: block._id, hash: block.hash, at });

const mac = (key: Uint8Array, value: object): string =>
  createHmac('sha256', key).update(canonicalJson(value)).digest('base64url');

const sha256 = (data: string | Buffer): Buffer => hash('sha256', data, 'buffer');

/** What a block says of itself and of the one before; null when it is in order. */
export function judgeBlock(block: AuditBlock, previousHash: string | null, keys: AuditKeys): AuditFault | null {
  const key = keys.byId(block.key);
  if (!key) return 'key_unknown';
  if (!isEqual(hashBlock(block, key), block.hash)) return 'block_forged';
  return previousHash !== null && block.prev !== previousHash ? 'block_forged' : null;
}

/** Whether what a block says of lines that are gone is the server's own word. */
export function isPruned(block: AuditBlock, keys: AuditKeys): boolean {
  const key = block.pruned && keys.byId(block.pruned.key);
  return !!block.pruned && !!key && isEqual(hashPruning(block, block.pruned.at, key), block.pruned.mac);
}

function isEqual(a: string, b: unknown): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(String(b))];
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * Holds the lines of a block against what it says of them.
 *
 * @param records - those that claim to stand in it
 */
export function judgeLines(block: AuditBlock, records: readonly AuditDocument[]): AuditProblem[] {
  const digests = Buffer.from(block.digests?.buffer ?? []);
  if (digests.length !== block.count * DIGEST || sha256(digests).toString('base64url') !== block.root)
    return [{ fault: 'block_forged', block: block._id, index: null, line: null }];
  const digestAt = (index: number) => digests.subarray(index * DIGEST, (index + 1) * DIGEST);
  const wanted = new Map(Array.from({ length: block.count }, (_, index) => [digestAt(index).toString('hex'), index]));
  const problems: AuditProblem[] = [];
  const tell = (fault: AuditFault, index: number, line: string | null) =>
    problems.push({ fault, block: block._id, index, line });
  const seen = new Set<number>();
  for (const record of records) {
    const index = record.seal?.index ?? -1;
    const line = String(record._id);
    const belongs = Number.isInteger(index) && index >= 0 && index < block.count && !seen.has(index);
    if (!belongs) {
      tell('line_inserted', index, line);
      continue;
    }
    seen.add(index);
    const digest = digestLine(record);
    if (!digest.equals(digestAt(index)))
      tell(wanted.has(digest.toString('hex')) ? 'line_moved' : 'line_altered', index, line);
    else if (PARTS.some((part) => judgePart(record, part) === 'altered')) tell('line_altered', index, line);
  }
  for (let index = 0; index < block.count; index++) if (!seen.has(index)) tell('line_removed', index, null);
  return problems;
}
