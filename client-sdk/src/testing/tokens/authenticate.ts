// From a bearer, a token or an API key, to a caller, judged in the server's order: signature and time, session, epoch.

import type { CallInfo, FakeCaller } from '../call.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { readApiKey } from './api-keys.ts';
import { ACCESS_TYPE, DEFAULT_AUDIENCE } from './issuer.ts';

/** What is read in an access token. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string | readonly string[];
  readonly sub: string;
  readonly sid?: string;
  readonly username: string;
  readonly email: string | null;
  readonly email_verified: boolean;
  readonly roles: readonly string[];
  readonly scope: string;
  readonly epoch: number;
  /** The role table's counter when the roles were read. */
  readonly rv: number;
  readonly amr: readonly string[];
  readonly auth_time: number;
  readonly iat: number;
  readonly exp: number;
}

export type Verdict = 'ok' | 'TOKEN_EXPIRED' | 'SESSION_REVOKED' | 'TOKEN_STALE';

/** Null for anything else than a token of this fake's issuer. */
export async function verifyAccess({ keys, url, clock }: World, token: string): Promise<AccessClaims | null> {
  const claims = (await keys.verify(ACCESS_TYPE, token)) as AccessClaims | null;
  const isOurs =
    claims !== null &&
    claims.iss === url &&
    [claims.aud].flat().some((one) => DEFAULT_AUDIENCE.includes(one)) &&
    claims.iat <= clock.now().getTime() / 1000 + 30;
  return isOurs ? claims : null;
}

/** `exp` has no leeway: with one an expired grant would live on. */
export function judgeToken(world: World, claims: AccessClaims): Verdict {
  const { clock, sessions, users, clients, roles } = world;
  if (clock.now().getTime() >= claims.exp * 1000) return 'TOKEN_EXPIRED';
  if (claims.sid === undefined) {
    const client = clients.get(claims.sub);
    if (!client) return 'SESSION_REVOKED';
    return claims.epoch < client.epoch ? 'TOKEN_STALE' : 'ok';
  }
  if (sessions.get(claims.sid)?.revoked_at) return 'SESSION_REVOKED';
  const isBehind = claims.epoch < (users.get(claims.sub)?.epoch ?? 0);
  // A name that was taken since stands for another role.
  const stands = (name: string) => (roles.table.byName.get(name)?.namedAt ?? Number.POSITIVE_INFINITY) <= claims.rv;
  return isBehind || !claims.roles.every(stands) ? 'TOKEN_STALE' : 'ok';
}

/** @returns null without credentials */
export async function authenticate(
  world: World,
  { bearer, setHeader }: Pick<CallInfo, 'bearer' | 'setHeader'>,
): Promise<FakeCaller | null> {
  if (bearer === null) return null;
  if (bearer.startsWith('ac_')) {
    const { record, owner } = readApiKey(world, bearer);
    return { kind: 'api_key', id: owner.id, username: owner.username, keyId: record.id, scopes: record.scopes };
  }
  const claims = (await verifyAccess(world, bearer)) ?? refuse('TOKEN_INVALID');
  const verdict = judgeToken(world, claims);
  if (verdict !== 'ok') return refuse(verdict);
  const { sub: id, username, sid, roles, amr, auth_time } = claims;
  const isBehind = (name: string) => (world.roles.table.byName.get(name)?.rightsVersion ?? 0) > claims.rv;
  if (sid !== undefined && roles.some(isBehind)) setHeader('x-rights-changed', 'true');
  if (sid !== undefined) return { kind: 'user', id, username, sid, roles, amr, authTime: auth_time };
  const has = world.clients.get(id)?.scopes ?? [];
  return { kind: 'client', id, scopes: claims.scope.split(' ').filter((scope) => has.some((one) => one === scope)) };
}
