// Whether a well-signed token still counts: time, then session, then epoch; without a database read while the change stream lives.
import type { Clock } from '../clock.ts';
import type { LiveClient, LiveState } from '../live/live-state.ts';
import { namesStillStand, type RoleTable } from '../live/role-table.ts';
import { type ClientClaims, hasExpired, type UserClaims } from './claims.ts';
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
  if (claims.sid === undefined) return judgeClient(claims, live);
  if (live.isStalled()) return judgeByDatabase(claims, live);
  if (live.isRevoked(claims.sid)) return 'SESSION_REVOKED';
  const epoch = live.epochOf(claims.sub);
  return epoch !== undefined && claims.epoch < epoch ? 'TOKEN_STALE' : judgeNames(claims, live.roles());
}

/** A client that was removed, and one whose secret was withdrawn: their tokens go with them. */
function judgeClient(claims: ClientClaims, live: LiveState): Verdict | Promise<Verdict> {
  const judge = (client: LiveClient | null | undefined): Verdict => {
    if (!client) return 'SESSION_REVOKED';
    return claims.epoch < client.epoch ? 'TOKEN_STALE' : 'ok';
  };
  const known = live.isStalled() ? undefined : live.client(claims.sub);
  // Made a moment ago on another instance, or removed: the database knows.
  return known ? judge(known) : live.readClient(claims.sub).then(judge);
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
