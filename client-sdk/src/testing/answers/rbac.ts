// Roles, permissions and checks.
import { evaluate } from '@authcenter/shared/evaluator';
import { normalizePair } from '@authcenter/shared/permissions';
import type { CheckInput } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { FakeCaller } from '../call.ts';
import { toPage } from '../page.ts';
import { toHolder } from '../people/users.ts';
import { refuse, refuseField } from '../refusal.ts';
import { decideOn } from '../rights/access.ts';
import { resolvePair } from '../rights/roles.ts';
import type { World } from '../world.ts';

export const rbacAnswers = {
  'rbac.check': (world, input, { caller }) => check(world, input, caller),
  'rbac.checkMany': (world, { checks }, { caller }) => ({ results: checks.map((one) => check(world, one, caller)) }),

  'rbac.roles.list': ({ roles }, input) => {
    const all = [...roles.table.byId.values()].map(({ role }) => role);
    return toPage(
      all.sort((a, b) => b.level - a.level || (a.id < b.id ? 1 : -1)),
      input,
      (role) => role,
    );
  },
  'rbac.roles.get': ({ roles }, { id }) => (roles.table.byId.get(id) ?? refuse('NOT_FOUND')).role,

  'rbac.permissions.list': ({ roles }, input) => {
    const all = roles.table.permissions.filter(({ category }) => (input.category ?? category) === category);
    return toPage(
      all.sort((a, b) => (a.name < b.name ? -1 : 1)),
      input,
      (permission) => permission,
    );
  },
} satisfies Answers;

function check(world: World, input: CheckInput, caller: FakeCaller | null) {
  const { table } = world.roles;
  const asked =
    'permission' in input ? resolvePair(table, input.permission) : normalizePair(input.resource, input.action);
  const userId = input.user_id ?? (caller?.kind === 'client' ? undefined : caller?.id);
  if (userId === undefined) return refuseField('user_id', 'is required when an application asks');
  // Oneself: what the token says.
  if (caller && caller.kind !== 'client' && caller.id === userId) return decideOn(world, caller, asked);
  const user = world.users.get(userId);
  return evaluate(user ? toHolder(user) : null, table.byId, world.clock.now(), asked);
}
