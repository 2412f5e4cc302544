// Token exchange (RFC 8693) for applications that verify by a shared secret (HS256): a user's access token against one of theirs.
import { listEffectiveRoles } from '@authcenter/shared/evaluator';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { ExchangedToken, TokenInput } from '@authcenter/shared/schemas';
import { SignJWT } from 'jose';
import type { Call } from '../call.ts';
import { toHolder, type UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { nextExpiry } from '../sign-in/sessions.ts';
import { type AccessClaims, judgeToken, verifyAccess } from '../tokens/authenticate.ts';
import { authenticateClient } from '../tokens/clients.ts';
import { toSeconds } from '../tokens/issuer.ts';
import type { World } from '../world.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** Nothing ends such a token before its time: a week at most, in ms. */
const LONGEST_LIFE = 7 * 86_400_000;

export async function exchangeAccessToken(world: World, input: TokenInput, call: Call): Promise<ExchangedToken> {
  const { id, exchange_secret: secret } = authenticateClient(world, call, input);
  if (secret === null) return refuse('UNAUTHORIZED_CLIENT', { detail: 'This client has no exchange secret' });
  const token = requireRequest(input, id);
  const { sub, sid = '' } = await readSubject(world, token, id);
  const [user, session] = [world.users.get(sub), world.sessions.get(sid)];
  const now = world.clock.now();
  if (user?.status !== 'active' || !session || session.revoked_at) return refuse('INVALID_GRANT');
  const ends = Math.min(now.getTime() + LONGEST_LIFE, session.expires_at.getTime(), nextExpiry(user, now));
  const exp = toSeconds(new Date(ends));
  const access_token = await new SignJWT({ ...describe(world, user), aud: id, iat: toSeconds(now), exp })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
  recordAct(world, call, {
    act: 'auth.token_exchanged',
    target: { kind: 'user', id: sub },
    actor: { kind: 'client', id, sid: null },
    details: { session: sid, expires_at: new Date(ends) },
  });
  return { access_token, issued_token_type: JWT, token_type: 'Bearer', expires_in: exp - toSeconds(now) };
}

/** @throws Refusal VALIDATION_FAILED */
function requireRequest(input: TokenInput, clientId: string): string {
  const { subject_token: token, subject_token_type: type, requested_token_type: wanted = JWT, audience } = input;
  const errors = [
    ...(token === undefined ? [{ path: 'subject_token', message: 'is required' }] : []),
    ...(type !== ACCESS_TOKEN ? [{ path: 'subject_token_type', message: `must be ${ACCESS_TOKEN}` }] : []),
    ...(wanted !== JWT && wanted !== ACCESS_TOKEN
      ? [{ path: 'requested_token_type', message: `must be ${JWT}, if anything` }]
      : []),
    ...(audience !== undefined && audience !== clientId
      ? [{ path: 'audience', message: 'must be the client that asks, if anything' }]
      : []),
  ];
  return token === undefined || errors.length > 0 ? refuse('VALIDATION_FAILED', { errors }) : token;
}

/** The user's token must count, and must name this client: one that another application got is not this one's to trade. */
async function readSubject(world: World, token: string, clientId: string): Promise<AccessClaims> {
  const claims = await verifyAccess(world, token);
  if (claims?.sid === undefined || judgeToken(world, claims) !== 'ok')
    return refuse('INVALID_GRANT', { detail: 'The subject token is not a user’s access token that counts' });
  if (![claims.aud].flat().includes(clientId))
    return refuse('INVALID_GRANT', { detail: 'The subject token was not made for this client' });
  return claims;
}

/** The claims that sub-modules written to the older contract read. */
function describe({ roles, clock }: World, user: UserRecord) {
  const { id, username, email, email_verified } = user;
  const held = listEffectiveRoles(toHolder(user), roles.table.byId, clock.now());
  return {
    userId: id,
    id,
    username,
    // Sub-modules may find accounts by it: one that nobody has proven would be a way into another's.
    email: email_verified ? email : null,
    provider: 'openid',
    role: held.some(({ name }) => name === ADMIN_ROLE) ? 'ADMIN' : 'USER',
  };
}
