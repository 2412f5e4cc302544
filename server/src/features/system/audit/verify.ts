// Verification: walks along the chain, holds every line against its block and every block against the one before.
import type { AuditFault, AuditProblem, AuditVerification } from '@authcenter/shared';
import { isPruned, judgeBlock, judgeLines } from './chain.ts';
import { collectErased } from './erasure.ts';
import { groupByBlock } from './groups.ts';
import type { AuditKeys } from './keys.ts';
import type { AuditBlock, AuditTrailRepository } from './repository.ts';

export interface VerifyDeps {
  readonly auditTrail: AuditTrailRepository;
  readonly auditKeys: AuditKeys;
}

export interface VerifyOptions {
  /** The first block; the newest `blocks` when absent. */
  readonly from?: number | undefined;
  /** So many at most; all when absent. */
  readonly blocks?: number | undefined;
  /** `block:hash`, as the log told of it. */
  readonly head?: string | undefined;
  /** Ends with the block that reaches so many lines. */
  readonly mostLines?: number;
  readonly onProgress?: (block: number, lines: number) => void;
}

const MOST_PROBLEMS = 100;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

export const writeHead = ({ _id, hash }: Pick<AuditBlock, '_id' | 'hash'>): string => `${_id}:${hash}`;

type Tell = (fault: AuditFault, block: number, line?: string | null) => void;

export async function verifyChain(deps: VerifyDeps, options: VerifyOptions = {}): Promise<AuditVerification> {
  const { auditTrail, auditKeys } = deps;
  const problems: AuditProblem[] = [];
  const tell: Tell = (fault, block, line = null) => problems.push({ fault, block, index: null, line });

  const newest = await auditTrail.newestBlock();
  const pruned = await auditTrail.newestPruned();
  if (pruned && (!isPruned(pruned, auditKeys) || judgeBlock(pruned, null, auditKeys))) tell('block_forged', pruned._id);
  const kept = (pruned?._id ?? 0) + 1;
  const end = newest?._id ?? 0;
  const most = options.blocks ?? EVERYTHING;
  const from = Math.max(kept, options.from ?? end - most + 1);
  // Without a beginning that was asked for it is the end that matters: lines of blocks that are cut off are looked for as well.
  const to = options.from === undefined ? EVERYTHING : from + most - 1;

  const before = from === kept ? pruned : await auditTrail.findBlock(from - 1);
  const walk = await walkBlocks(deps, options, { from, to, end, previous: before, problems, tell });
  if (options.head !== undefined) await checkHead(auditTrail, options.head, kept, tell);
  for (const { block, line } of await walk.erased.findUnexplained(auditTrail)) tell('erasure_unexplained', block, line);

  // What has come to its time meanwhile is not missing.
  const prunedNow = (await auditTrail.newestPruned())?._id ?? 0;
  const standing = prunedNow < kept ? problems : problems.filter(({ block }) => block > prunedNow);
  const looked = walk.last >= from;
  return {
    intact: standing.length === 0,
    from: looked ? from : null,
    to: looked ? walk.last : null,
    lines: walk.lines,
    erased: walk.erased.count(),
    kept_from: Math.max(kept, prunedNow + 1),
    head: newest && writeHead(newest),
    unsealed: await auditTrail.describeUnsealed(),
    problems: standing.slice(0, MOST_PROBLEMS),
    next: looked && walk.last < end ? walk.last + 1 : null,
  };
}

interface Walk {
  readonly from: number;
  readonly to: number;
  /** The newest block when the walk began: what is sealed meanwhile is not looked at. */
  readonly end: number;
  /** What the first of them must follow. */
  readonly previous: AuditBlock | null;
  readonly problems: AuditProblem[];
  readonly tell: Tell;
}

async function walkBlocks(deps: VerifyDeps, options: VerifyOptions, walk: Walk) {
  const { auditTrail, auditKeys } = deps;
  const { from, to, end, previous, problems, tell } = walk;
  const { mostLines = EVERYTHING, onProgress } = options;
  const erased = collectErased();
  let previousHash = readPrevious(deps, walk, previous);
  let [last, lines, isWhole] = [from - 1, 0, true];
  const groups = groupByBlock(auditTrail.followSealed(from, to));
  let group = await groups.next();
  for await (const block of auditTrail.followBlocks(from, Math.min(to, end))) {
    if (block._id !== last + 1) tell('block_missing', last + 1);
    // Their blocks are missing, which is told already.
    while (!group.done && group.value.block < block._id) group = await groups.next();
    const fault = judgeBlock(block, block._id === last + 1 ? previousHash : null, auditKeys);
    const records = !group.done && group.value.block === block._id ? group.value.records : [];
    // Of a block that is not the server's own word nothing can be said about its lines.
    if (fault) tell(fault, block._id);
    else problems.push(...judgeLines(block, records));
    if (!group.done && group.value.block === block._id) group = await groups.next();
    erased.note(block._id, records);
    [last, lines, previousHash] = [block._id, lines + records.length, fault ? null : block.hash];
    onProgress?.(last, lines);
    isWhole = lines < mostLines && problems.length < MOST_PROBLEMS;
    if (!isWhole) break;
  }
  if (isWhole && last < Math.min(to, end)) tell('block_missing', last + 1);
  // Lines beyond the end: of a block that is just being made, or of one that was cut off.
  for (; isWhole && !group.done; group = await groups.next())
    if (group.value.block > last && !(await auditTrail.findBlock(group.value.block)))
      tell('block_missing', group.value.block, String(group.value.records[0]?._id));
  await groups.return();
  return { last, lines, erased };
}

/** Null where nothing is known that could be held against the first block. */
function readPrevious(
  { auditKeys }: VerifyDeps,
  { from, end, tell }: Walk,
  previous: AuditBlock | null,
): string | null {
  if (from === 1) return '';
  if (!previous) {
    if (from <= end) tell('block_missing', from - 1);
    return null;
  }
  // A checkpoint has been looked at already.
  const fault = previous.pruned ? null : judgeBlock(previous, null, auditKeys);
  if (fault) tell(fault, previous._id);
  return fault ? null : previous.hash;
}

/** A head that was told of once must still be in the chain; what is past its time cannot be held against it. */
async function checkHead(auditTrail: AuditTrailRepository, head: string, kept: number, tell: Tell): Promise<void> {
  const [block, hash] = head.split(':');
  const id = Number(block);
  if (id < kept - 1) return;
  if ((await auditTrail.findBlock(id))?.hash !== hash) tell('head_differs', id);
}
