// What a refresh token that does not move its session on means: pure, over the session as it stands.
import type { SessionDocument } from './repository.ts';

/** Within this time of a rotation the token before it gives the same successor again, in ms: two tabs, a retry, a lost answer. */
export const GRACE = 30_000;

/** A session's lost answers are told from two holders taking turns by how seldom they are: one in this time, in ms. */
export const LATE_AGAIN = 24 * 3_600_000;

export type RefreshVerdict =
  /** Issue the present token once more. */
  | 'same_successor'
  /** The token before the present one, after the grace: a laptop that slept after a lost answer. Once; note it. */
  | 'late'
  /** An older token, or the late one again after its own grace: two holders take turns. */
  | 'reuse'
  | 'ended';

/**
 * `late_at` has a grace of its own, or two tabs that wake up together would look like two holders.
 *
 * @param session - as read after the rotation did not match
 */
export function judgeRefresh(session: SessionDocument | null, userId: string, jti: string, now: Date): RefreshVerdict {
  if (
    !session ||
    session.is_revoked ||
    session.expires_at.getTime() <= now.getTime() ||
    session.user_id.toHexString() !== userId
  )
    return 'ended';
  // Another call moved it to this very token in between; it is the present one.
  if (session.session_id === jti) return 'same_successor';
  const within = (since: Date | undefined) => since !== undefined && now.getTime() - since.getTime() <= GRACE;
  if (session.previous_session_id === jti && within(session.rotated_at)) return 'same_successor';
  if (session.late_jti === jti && session.previous_session_id === jti && within(session.late_at))
    return 'same_successor';
  const lateLately = session.late_at !== undefined && now.getTime() - session.late_at.getTime() < LATE_AGAIN;
  return session.previous_session_id === jti && session.late_jti !== jti && !lateLately ? 'late' : 'reuse';
}
