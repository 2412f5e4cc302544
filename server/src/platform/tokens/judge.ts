// Whether a well-signed token still counts: time, then session, then epoch; without a database read while the change stream lives.
import type { Clock } from '../clock.ts';
import type { LiveState } from '../live/live-state.ts';
import { namesStillStand, type RoleTable } from '../live/role-table.ts';
import { hasExpired, type UserClaims } from './claims.ts';
import type { VerifiedToken } from './tokens.ts';

export type Verdict = 'ok' | 'TOKEN_EXPIRED' | 'SESSION_REVOKED' | 'TOKEN_STALE';

/** The role table against which a kept token's names were last found standing. */
const standing = new WeakMap<UserClaims, RoleTable>();

export interface JudgeDeps {
  readonly live: LiveState;
  readonly clock: Clock;
}

export function judgeToken({ claims }: VerifiedToken, { live, clock }: JudgeDeps): Verdict | Promise<Verdict> {
  if (hasExpired(claims, clock.now().getTime())) return 'TOKEN_EXPIRED';
  if (claims.sid === undefined) return 'ok';
  if (live.isStalled()) return judgeByDatabase(claims, live);
  if (live.isRevoked(claims.sid)) return 'SESSION_REVOKED';
  const epoch = live.epochOf(claims.sub);
  return epoch !== undefined && claims.epoch < epoch ? 'TOKEN_STALE' : judgeNames(claims, live.roles());
}

function judgeNames(claims: UserClaims, table: RoleTable): Verdict {
  if (standing.get(claims) === table) return 'ok';
  if (!namesStillStand(table, claims.roles, claims.rv)) return 'TOKEN_STALE';
  standing.set(claims, table);
  return 'ok';
}

async function judgeByDatabase(claims: UserClaims, live: LiveState): Promise<Verdict> {
  const [session] = await Promise.all([live.readSession(claims.sid), live.reloadRoles()]);
  if (!session || session.revoked) return 'SESSION_REVOKED';
  return claims.epoch < session.epoch ? 'TOKEN_STALE' : judgeNames(claims, live.roles());
}
