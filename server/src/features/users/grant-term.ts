// The term of a grant, and what is to be done as it runs out: the holder is reminded, its end is recorded, and a while later it is forgotten.
import { isLive } from '@authcenter/shared';
import type { GrantDocument } from './document.ts';

type Term = Pick<GrantDocument, 'expires_at' | 'due_at'>;

const DAY = 86_400_000;

/** Whoever takes a role for less knows when it ends. */
const SHORTEST_REMINDED = DAY;

/** So long a grant that has ended still answers why (`grant_expired`). */
const KEPT_AFTER_END = 30 * DAY;

/**
 * @param from - when the grant was made or renewed
 * @param reminder - how long before the end the holder is told at most, in ms; 0: not at all
 */
export function newTerm(from: Date, expiresAt: Date | null, reminder: number): Term {
  if (expiresAt === null) return { expires_at: null };
  const length = expiresAt.getTime() - from.getTime();
  // A week's grant has nobody reminded on its fourth day.
  const lead = length < SHORTEST_REMINDED ? 0 : Math.min(reminder, length / 4);
  return { expires_at: expiresAt, due_at: new Date(expiresAt.getTime() - lead) };
}

export type DueStep = 'remind' | 'record_end' | 'forget';

/** What is due about a grant; null for nothing. */
export function dueStep(grant: GrantDocument, now: Date): DueStep | null {
  if (grant.due_at === undefined || grant.due_at.getTime() > now.getTime()) return null;
  if (isLive(grant, now)) return 'remind';
  return grant.expiry_noted_at === undefined ? 'record_end' : 'forget';
}

/** The grant after that step; null where it goes. */
export function afterStep(grant: GrantDocument, step: DueStep | null, now: Date): GrantDocument | null {
  const end = grant.expires_at;
  if (step === null || end === null) return grant;
  if (step === 'forget') return null;
  return step === 'remind'
    ? { ...grant, due_at: end }
    : { ...grant, expiry_noted_at: now, due_at: new Date(end.getTime() + KEPT_AFTER_END) };
}
