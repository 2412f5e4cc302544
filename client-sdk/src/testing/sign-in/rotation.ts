// The server's rules of refreshing: the next token, the same successor again, a late one once, and reuse that ends the session.
import type { Call } from '../call.ts';
import { newUuid } from '../random.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { endSession, readRefreshToken, type SessionRecord } from './sessions.ts';

/** Within this time of a rotation the token before it gives the same successor again, in ms. */
const GRACE = 30_000;
/** One late token in this time, in ms: two holders who take turns come more often. */
const LATE_AGAIN = 24 * 3_600_000;

/** Moves the session that the token names to its next one, if the rules let it. */
export async function rotate(world: World, call: Call, token: string, transport: SessionRecord['transport']) {
  const claims = await readRefreshToken(world, token);
  const now = world.clock.now().getTime();
  const unknown = () => refuse('UNAUTHENTICATED', { detail: 'The refresh token is not valid or has expired' });
  if (!claims || now >= claims.exp * 1000) return unknown();
  const session = world.sessions.get(claims.sid) ?? refuse('SESSION_REVOKED');
  if (session.transport !== transport) return unknown();
  if (session.revoked_at !== null || session.expires_at.getTime() <= now) return refuse('SESSION_REVOKED');
  switch (judge(session, claims.jti, now)) {
    case 'next':
      session.previous_jti = session.jti;
      session.jti = newUuid();
      session.rotated_at = world.clock.now();
      break;
    case 'late':
      session.late_jti = claims.jti;
      session.late_at = world.clock.now();
      break;
    case 'reuse':
      endSession(world, call, 'refresh_reuse', { id: session.id, userId: session.user_id });
      return refuse('SESSION_REVOKED');
    case 'same':
      return session;
  }
  session.last_accessed_at = world.clock.now();
  return session;
}

function judge(session: SessionRecord, jti: string, now: number): 'next' | 'same' | 'late' | 'reuse' {
  if (session.jti === jti) return 'next';
  if (session.previous_jti !== jti) return 'reuse';
  const within = (since: Date | null, ms: number) => since !== null && now - since.getTime() <= ms;
  if (within(session.rotated_at, GRACE)) return 'same';
  if (session.late_jti === jti) return within(session.late_at, GRACE) ? 'same' : 'reuse';
  return within(session.late_at, LATE_AGAIN) ? 'reuse' : 'late';
}
