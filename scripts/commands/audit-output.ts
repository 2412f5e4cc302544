// What `authcenter audit` says to a person.
import type { AuditFault, AuditProblem, AuditVerification } from '../../shared/src/system/audit.ts';

const faults: Readonly<Record<AuditFault, string>> = {
  line_altered: 'the line was altered',
  line_removed: 'the line was removed',
  line_inserted: 'the line was inserted',
  line_moved: 'the line stood elsewhere',
  block_missing: 'the block is missing',
  block_forged: 'the block was not made by this server, or was altered',
  key_unknown: 'the block was sealed with a key that is not known here (audit.previous_keys)',
  head_differs: 'the head that was given is not in the chain: its end was cut off, or it is another chain',
  erasure_unexplained: 'personal data are gone from the line, and nobody ordered it',
};

export function showVerification(found: AuditVerification): string {
  const { from, to, lines, erased, kept_from, head, unsealed, problems } = found;
  return [
    from === null ? 'There are no sealed lines yet.' : `Blocks ${from} to ${to}: ${lines} lines.`,
    ...(kept_from > 1 ? [`Kept from block ${kept_from} on; what came before is past its time.`] : []),
    ...(erased > 0 ? [`${erased} of them without the data of people who are gone.`] : []),
    ...(unsealed.oldest ? [`Not sealed yet: ${unsealed.count}, the oldest of ${unsealed.oldest.toISOString()}.`] : []),
    ...problems.map(showProblem),
    ...(problems.length === 100 ? ['(There may be more: these are the first hundred.)'] : []),
    conclude(found),
    ...(head === null ? [] : [`Head: ${head}`]),
  ].join('\n');
}

/** Whoever has another key can tell nothing, neither that all is well nor that it is not. */
function conclude({ intact, problems }: AuditVerification): string {
  if (intact) return 'Nothing was touched.';
  return problems.every(({ fault }) => fault === 'key_unknown')
    ? 'It cannot be verified with the keys that are known here: give the servers’ own KEY_ENCRYPTION_KEY or audit.key, and former ones as audit.previous_keys.'
    : 'The audit was tampered with.';
}

function showProblem({ fault, block, index, line }: AuditProblem): string {
  const place = [`block ${block}`, index === null ? null : `line ${index}`, line].filter((part) => part !== null);
  return `${place.join(', ')}: ${faults[fault]}`;
}
