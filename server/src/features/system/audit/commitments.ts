// Commitments: what stands in a sealed line for data that may have to be erased, so that the seal outlives them.
import { createHmac, randomBytes } from 'node:crypto';
import type { AuditCommitment, AuditDocument } from '../../../platform/audit.ts';
import { canonicalJson } from './canonical.ts';

/** The parts of a record that go when the person goes, each by itself: where an act came from is its actor's, its details tell of its target. */
export const PARTS = ['origin', 'personal'] as const;
export type Part = (typeof PARTS)[number];

/** Null where there is nothing, or nothing any more. */
export function readPart({ ip, user_agent, personal }: AuditDocument, part: Part): object | null {
  if (part === 'personal') return personal ?? null;
  return (ip ?? null) === null && (user_agent ?? null) === null
    ? null
    : { ip: ip ?? null, user_agent: user_agent ?? null };
}

/** 128 random bits: an address could be guessed from its bare hash. */
const newSalt = (): string => randomBytes(16).toString('base64url');

const hashUnder = (salt: string, value: object): string =>
  createHmac('sha256', Buffer.from(salt, 'base64url')).update(canonicalJson(value)).digest('base64url');

export function commit(value: object): Required<AuditCommitment> {
  const salt = newSalt();
  return { hash: hashUnder(salt, value), salt };
}

/** Whether what a record holds is what was committed to; `erased`: it is gone, and so is the salt. */
export function judgePart(record: AuditDocument, part: Part): 'kept' | 'erased' | 'altered' {
  const value = readPart(record, part);
  const commitment = record.seal?.[part];
  if (!commitment) return value === null ? 'kept' : 'altered';
  const { hash, salt } = commitment;
  if (salt === undefined) return value === null ? 'erased' : 'altered';
  return value !== null && hashUnder(salt, value) === hash ? 'kept' : 'altered';
}

/** Whose data the parts may be: the ids of actor and target. */
export const readSubjects = ({ actor, target }: AuditDocument): readonly string[] =>
  [actor.id, target.id].filter((id) => id !== null);
