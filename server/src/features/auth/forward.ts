// auth.forward: the question of a gateway (nginx auth_request, Traefik ForwardAuth, Envoy ext_authz), answered in headers.
import { type Forwarded, type ForwardInput, formatPair, listEffectiveRoles, normalizePair } from '@authcenter/shared';
import type { Caller, Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';
import { decideOn } from '../../rights.ts';

/** @throws AppError PERMISSION_DENIED naming the pair that was asked for */
export function forward(ctx: Ctx<'live' | 'clock', Caller>, { resource, action }: ForwardInput): Forwarded {
  const { caller, clock, live } = ctx;
  const roles = live.roles();
  // Who goes by the id alone would let a key do whatever its owner may.
  if (caller.kind === 'api_key' && resource === undefined)
    fail('PERMISSION_DENIED', {
      permission: 'session',
      detail: 'For an API key the gateway must ask for a permission',
    });
  if (resource !== undefined && action !== undefined) {
    const asked = normalizePair(resource, action);
    // An application has scopes, which are no permissions.
    if (caller.kind === 'client' || !decideOn(caller, asked, roles, clock.now()).allowed)
      fail('PERMISSION_DENIED', { permission: formatPair(asked) });
  }
  const names =
    // A key may do less than the roles of its owner say: whoever looks at them alone must not be misled.
    caller.kind === 'user' ? listEffectiveRoles(caller.rights, roles.byName, clock.now()).map(({ name }) => name) : [];
  const answer: Forwarded =
    caller.kind === 'client'
      ? { user_id: null, client_id: caller.id, username: null, roles: [] }
      : { user_id: caller.id, client_id: null, username: caller.username, roles: names };
  // Always all of them: a gateway copies what is there, and what a caller sent under the name of one that is not would go through.
  ctx.reply.setHeader('x-auth-user-id', answer.user_id ?? '');
  ctx.reply.setHeader('x-auth-client-id', answer.client_id ?? '');
  ctx.reply.setHeader('x-auth-username', answer.username ?? '');
  // Headers carry ASCII: a name in Chinese is percent-encoded, as is a comma in one.
  ctx.reply.setHeader('x-auth-roles', names.map(encodeURIComponent).join(','));
  return answer;
}
