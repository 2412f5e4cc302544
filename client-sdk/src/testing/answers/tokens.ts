// What a token is worth, whose it is, and the question of gateways.
import { evaluate, listEffectivePairs, listEffectiveRoles } from '@authcenter/shared/evaluator';
import { formatPair, normalizePair } from '@authcenter/shared/permissions';
import type { VerifyTokenInput, VerifyTokenResult } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import { callingPerson } from '../people/calling-user.ts';
import { toHolder, toSessionUser } from '../people/users.ts';
import { Refusal, refuse } from '../refusal.ts';
import { decideOn, listPairsOf } from '../rights/access.ts';
import { readApiKey } from '../tokens/api-keys.ts';
import { judgeToken, verifyAccess } from '../tokens/authenticate.ts';
import type { World } from '../world.ts';

const REFUSED: VerifyTokenResult = { valid: false, allowed: false };

const pairOf = ({ resource, action }: Pick<VerifyTokenInput, 'resource' | 'action'>) =>
  resource === undefined || action === undefined ? null : normalizePair(resource, action);

export const tokenAnswers = {
  'auth.verify': async (world, input) => {
    world.verifications.push(world.clock.now());
    if (input.token.startsWith('ac_')) return verifyKey(world, input);
    const claims = await verifyAccess(world, input.token);
    if (claims?.sid === undefined) return REFUSED;
    const verdict = judgeToken(world, claims);
    if (verdict !== 'ok') return { ...REFUSED, reason: verdict };
    const { byName } = world.roles.table;
    const holder = { status: 'active' as const, grants: claims.roles.map((role) => ({ role, expires_at: null })) };
    const asked = pairOf(input);
    const now = world.clock.now();
    const permissions = listEffectivePairs(holder, byName, now);
    const { sub: id, username, email, email_verified, roles } = claims;
    return {
      valid: true,
      allowed: asked === null || evaluate(holder, byName, now, asked).allowed,
      user: { id, username, email, email_verified, roles: [...roles], permissions },
    };
  },

  'auth.me': (world, _input, call) => {
    const caller = callingPerson(call);
    const user = world.users.get(caller.id) ?? refuse('NOT_FOUND');
    const seen = toSessionUser(user, world.roles.table, world.clock.now());
    return caller.kind === 'user' ? seen : { ...seen, roles: [], permissions: listPairsOf(world, caller) };
  },

  'auth.forward': (world, input, { caller, setHeader }) => {
    if (!caller) return refuse('UNAUTHENTICATED');
    const asked = pairOf(input);
    if (caller.kind === 'api_key' && !asked)
      return refuse('PERMISSION_DENIED', {
        permission: 'session',
        detail: 'For an API key the gateway must ask for a permission',
      });
    // An application has scopes, which are no permissions.
    if (asked && (caller.kind === 'client' || !decideOn(world, caller, asked).allowed))
      return refuse('PERMISSION_DENIED', { permission: formatPair(asked) });
    const { byName } = world.roles.table;
    const named = caller.kind === 'user' ? caller.roles.map((role) => ({ role, expires_at: null })) : [];
    const roles = listEffectiveRoles({ status: 'active', grants: named }, byName, world.clock.now()).map(
      ({ name }) => name,
    );
    const answer =
      caller.kind === 'client'
        ? { user_id: null, client_id: caller.id, username: null, roles }
        : { user_id: caller.id, client_id: null, username: caller.username, roles };
    setHeader('x-auth-user-id', answer.user_id ?? '');
    setHeader('x-auth-client-id', answer.client_id ?? '');
    setHeader('x-auth-username', answer.username ?? '');
    setHeader('x-auth-roles', roles.map(encodeURIComponent).join(','));
    return answer;
  },
} satisfies Answers;

/** Its roles are none: it may do less than they say. */
function verifyKey(world: World, input: VerifyTokenInput): VerifyTokenResult {
  try {
    const { record, owner } = readApiKey(world, input.token);
    const holder = { ...toHolder(owner), only: new Set(record.scopes) };
    const { byId } = world.roles.table;
    const [now, asked] = [world.clock.now(), pairOf(input)];
    const { id, username, email, email_verified } = owner;
    return {
      valid: true,
      allowed: asked === null || evaluate(holder, byId, now, asked).allowed,
      user: { id, username, email, email_verified, roles: [], permissions: listEffectivePairs(holder, byId, now) },
    };
  } catch (error) {
    return error instanceof Refusal && error.code === 'TOKEN_EXPIRED'
      ? { ...REFUSED, reason: 'TOKEN_EXPIRED' }
      : REFUSED;
  }
}
