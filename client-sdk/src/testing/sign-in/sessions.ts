// The fake's sessions: opened, refreshed by the server's rules, ended.
import { describeEnds, type EndReason } from '@authcenter/shared/acts';
import { isLive } from '@authcenter/shared/evaluator';
import type { Session, SessionWishes, SignedIn, SteppedUp } from '@authcenter/shared/schemas';
import { compactVerify, SignJWT } from 'jose';
import type { Call, CallInfo } from '../call.ts';
import { toSessionUser, type UserRecord } from '../people/users.ts';
import { newUuid } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { ACCESS_LIFE, toSeconds } from '../tokens/issuer.ts';
import type { World } from '../world.ts';

export interface SessionRecord {
  readonly id: string;
  readonly user_id: string;
  /** The refresh token that counts, and the one before. */
  jti: string;
  previous_jti: string | null;
  rotated_at: Date;
  late_jti: string | null;
  late_at: Date | null;
  auth_time: Date;
  methods: readonly string[];
  readonly transport: 'body' | 'cookie';
  readonly device_info: Session['device_info'];
  readonly client_id: string | null;
  readonly parent_id: string | null;
  readonly created_at: Date;
  last_accessed_at: Date;
  readonly expires_at: Date;
  revoked_at: Date | null;
}

/** A session ends so long after sign-in, in ms. */
const SESSION_LIFE = 7 * 86_400_000;

export interface Opening {
  readonly user: UserRecord;
  readonly methods: readonly string[];
  readonly wishes: SessionWishes;
  readonly clientId?: string | null;
  readonly parent?: SessionRecord;
}

export function openSession(world: World, call: CallInfo, opening: Opening): Promise<SignedIn> {
  const { user, methods, wishes, clientId = null, parent } = opening;
  const now = world.clock.now();
  const { device, refresh_transport: transport } = wishes;
  const session: SessionRecord = {
    id: world.newId(),
    user_id: user.id,
    jti: newUuid(),
    previous_jti: null,
    rotated_at: now,
    late_jti: null,
    late_at: null,
    auth_time: parent?.auth_time ?? now,
    methods,
    transport,
    device_info: {
      user_agent: call.userAgent,
      ip: '127.0.0.1',
      device_type: device?.device_type ?? (transport === 'cookie' ? 'web' : 'api'),
      device_name: device?.device_name ?? null,
    },
    client_id: clientId,
    parent_id: parent?.id ?? null,
    created_at: now,
    last_accessed_at: now,
    expires_at: new Date(Math.min(now.getTime() + SESSION_LIFE, parent?.expires_at.getTime() ?? Infinity)),
    revoked_at: null,
  };
  world.sessions.set(session.id, session);
  // Whoever comes back stays.
  const wasLeaving = user.deletion_due_at !== null;
  user.deletion_due_at = null;
  user.last_login_at = now;
  user.login_count++;
  recordAct(world, call, {
    act: 'auth.login',
    target: { kind: 'session', id: session.id },
    actor: { kind: 'user', id: user.id, sid: session.id },
    details: { method: methods[0], methods, client_id: clientId },
  });
  if (wasLeaving)
    recordAct(world, call, {
      act: 'auth.account_deletion_called_off',
      target: { kind: 'user', id: user.id },
      actor: { kind: 'user', id: user.id, sid: session.id },
    });
  return issueTokens(world, call, user, session);
}

export async function issueTokens(
  world: World,
  call: CallInfo,
  user: UserRecord,
  session: SessionRecord,
): Promise<SignedIn> {
  const refreshToken = await signRefresh(world, session);
  const left = Math.ceil((session.expires_at.getTime() - world.clock.now().getTime()) / 1000);
  if (session.transport === 'cookie') call.setRefreshCookie(refreshToken, left);
  return {
    ...(await issueAccess(world, user, session)),
    ...(session.transport === 'body' ? { refresh_token: refreshToken } : {}),
    user: toSessionUser(user, world.roles.table, world.clock.now()),
  };
}

/** A token never outlives the session, nor the user's next grant that ends. */
export async function issueAccess(world: World, user: UserRecord, session: SessionRecord): Promise<SteppedUp> {
  const now = world.clock.now();
  const { roles, permissions } = toSessionUser(user, world.roles.table, now);
  const life = (world.options.accessTokenLife ?? ACCESS_LIFE) * 1000;
  const exp = Math.min(now.getTime() + life, session.expires_at.getTime(), nextExpiry(user, now));
  const expires_in = Math.floor(exp / 1000) - toSeconds(now);
  const client = session.client_id === null ? undefined : world.clients.get(session.client_id);
  const access_token = await world.issuer.mintToken({
    sub: user.id,
    username: user.username,
    email: user.email,
    emailVerified: user.email_verified,
    roles,
    permissions,
    rv: world.roles.table.version,
    sid: session.id,
    epoch: user.epoch,
    amr: session.methods,
    authTime: session.auth_time,
    expiresIn: expires_in,
    audience: client ? [client.id, ...client.audiences] : [],
  });
  return { status: 'ok', access_token, token_type: 'Bearer', expires_in };
}

/** When the first of the user's live grants ends: a token never outlives it. */
export const nextExpiry = ({ grants }: UserRecord, now: Date): number =>
  Math.min(...grants.map((grant) => (isLive(grant, now) ? grant.expires_at?.getTime() : undefined) ?? Infinity));

/** Made from the session alone: whoever asks again for the present token gets the same one. */
const signRefresh = ({ url, refreshKey }: World, session: SessionRecord): Promise<string> =>
  new SignJWT({
    iss: url,
    aud: `${url}/api/v1/auth/refresh`,
    sub: session.user_id,
    sid: session.id,
    jti: session.jti,
    iat: toSeconds(session.rotated_at),
    exp: toSeconds(session.expires_at),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'rt+jwt' })
    .sign(refreshKey);

export async function readRefreshToken({ refreshKey }: World, token: string) {
  try {
    const { payload } = await compactVerify(token, refreshKey, { algorithms: ['HS256'] });
    return JSON.parse(new TextDecoder().decode(payload)) as { sub: string; sid: string; jti: string; exp: number };
  } catch {
    return null;
  }
}

/** What a cookie authenticates must come from a page of the server's own. */
export function requireOwnOrigin({ url }: World, { origin, fetchSite }: CallInfo): void {
  const isNear = fetchSite === null || fetchSite === 'same-origin' || fetchSite === 'same-site';
  if (origin !== new URL(url).origin || !isNear) refuse('ORIGIN_REFUSED');
}

export const listLive = ({ sessions, clock }: World, userId: string): SessionRecord[] =>
  [...sessions.values()].filter(
    ({ user_id, revoked_at, expires_at }) => user_id === userId && revoked_at === null && expires_at > clock.now(),
  );

/** @param current - the session that asks; null: none does */
export const showSession = (session: SessionRecord, current: string | null): Session => ({
  id: session.id,
  device_info: session.device_info,
  auth_methods: [...session.methods],
  client_id: session.client_id,
  created_at: session.created_at,
  last_accessed_at: session.last_accessed_at,
  expires_at: session.expires_at,
  current: session.id === current,
});

/**
 * Ends one as an act of its own.
 *
 * @param sid - the session that asks for it; default: the one that ends
 * @returns whether it stood, and was that person's
 */
export function endSession(
  world: World,
  call: Call,
  reason: EndReason,
  { id, userId, sid = id }: { id: string; userId: string; sid?: string },
): boolean {
  if (!endSessions(world, reason, (one) => one.id === id && one.user_id === userId)) return false;
  recordAct(world, call, {
    act: 'auth.session_ended',
    target: { kind: 'session', id },
    actor: { kind: 'user', id: userId, sid },
    details: { reason },
  });
  return true;
}

/** Ends those that stand, and what they have vouched for; whether there were any. */
export function endSessions(world: World, reason: EndReason, which: (session: SessionRecord) => boolean): boolean {
  const now = world.clock.now();
  const standing = [...world.sessions.values()].filter(
    (session) => session.revoked_at === null && session.expires_at > now && which(session),
  );
  for (const session of standing) {
    session.revoked_at = now;
    world.feed.note({ type: 'session', id: session.id, value: null });
  }
  world.publish(
    describeEnds(
      standing.map(({ id, user_id: userId }) => ({ id, userId })),
      reason,
    ),
  );
  if (standing.length > 0) endSessions(world, reason, ({ parent_id }) => standing.some(({ id }) => id === parent_id));
  return standing.length > 0;
}
