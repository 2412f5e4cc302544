// Sentences about a request and its time; no effects.
import type { AccessRequestStatus } from '@authcenter/shared';
import type { AccessRequestDocument } from './repository.ts';

/** A request that nobody has decided ends after a week, in ms. */
export const REQUEST_LIFE = 7 * 86_400_000;

/** Closed ones are kept for a year, in ms. */
const KEPT_CLOSED = 365 * 86_400_000;

export const lapsesAt = ({ created_at }: Pick<AccessRequestDocument, 'created_at'>): Date =>
  new Date(created_at.getTime() + REQUEST_LIFE);

/** A week after it was made a pending one has lapsed, whether that was written down already or not. */
export const statusOf = (request: AccessRequestDocument, now: Date): AccessRequestStatus =>
  request.status === 'pending' && lapsesAt(request).getTime() <= now.getTime() ? 'lapsed' : request.status;

/** Roles that `rbac.four_eyes` names take two people. */
export const approvalsNeeded = (fourEyes: readonly string[], roleName: string): number =>
  fourEyes.includes(roleName) ? 2 : 1;

/** From now on, in whole seconds as tokens tell time. */
export const grantedUntil = ({ duration }: Pick<AccessRequestDocument, 'duration'>, now: Date): Date =>
  new Date((Math.floor(now.getTime() / 1000) + duration) * 1000);

/** What is written of a request that is decided, withdrawn or over. */
export const closing = (status: Exclude<AccessRequestStatus, 'pending'>, now: Date) => ({
  status,
  closed_at: now,
  forget_at: new Date(now.getTime() + KEPT_CLOSED),
});
