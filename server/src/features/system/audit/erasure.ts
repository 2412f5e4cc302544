// A person's data go out of the audit with their account: ordered in the transaction that removes it, done right after it.
import type { Tx } from '../../../database/transaction.ts';
import type { Deps } from '../../../deps.ts';
import { AUDIT_ERASED, type AuditDocument, recordSystemAct } from '../../../platform/audit.ts';
import { judgePart, PARTS, readSubjects } from './commitments.ts';
import type { AuditTrailRepository } from './repository.ts';

/** The kind of its outbox records. */
export const ERASURE = 'audit_erasure';

/** The record of it stays and explains what is missing: lines erased without one count as tampered with. */
export const recordErasure = (deps: Pick<Deps, 'audit' | 'clock' | 'log'>, tx: Tx, userId: string): Promise<void> =>
  recordSystemAct(deps, tx, { act: AUDIT_ERASED, target: { kind: 'user', id: userId } });

export interface ErasedLines {
  readonly count: () => number;
  note(block: number, records: readonly AuditDocument[]): void;
  /** Of those that nobody ordered the first of each person. */
  findUnexplained(trail: AuditTrailRepository): Promise<{ block: number; line: string }[]>;
}

/** Collects, along a verification, the lines from which something was erased. */
export function collectErased(): ErasedLines {
  let count = 0;
  const first = new Map<string, { block: number; line: string; subjects: readonly string[] }>();
  return {
    count: () => count,
    note(block, records) {
      for (const record of records) {
        const erased = PARTS.filter((part) => judgePart(record, part) === 'erased');
        if (erased.length === 0) continue;
        count++;
        // Where an act came from is its actor's alone, and goes with nobody else.
        const subjects = erased.includes('origin') ? readSubjects(record).slice(0, 1) : readSubjects(record);
        const key = subjects.join(' ');
        if (!first.has(key)) first.set(key, { block, line: String(record._id), subjects });
      }
    },
    async findUnexplained(trail) {
      const all = [...first.values()];
      const ordered = new Set<string>();
      for (let start = 0; start < all.length; start += BATCH) {
        const ids = all.slice(start, start + BATCH).flatMap(({ subjects }) => subjects);
        for (const id of await trail.listErased(ids)) ordered.add(id);
      }
      return all.filter(({ subjects }) => !subjects.some((id) => ordered.has(id)));
    },
  };
}

const BATCH = 500;
