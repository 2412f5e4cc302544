// rbac.roles.features: switches that applications read from a role; they give nothing here.

import type { Answers } from '../answers.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { actOn } from '../rights/role-checks.ts';
import { grown } from '../rights/roles.ts';

export const featureAnswers = {
  'rbac.roles.features.get': ({ roles, features }, { id }) => {
    const { role } = roles.table.byId.get(id) ?? refuse('NOT_FOUND');
    return { features: features.get(id) ?? {}, version: role.version };
  },

  'rbac.roles.features.set': (world, { id, version, features: to }, call) => {
    const { role } = actOn(world, call, id);
    if (role.version !== version) refuse('VERSION_CONFLICT');
    const from = world.features.get(id) ?? {};
    world.features.set(id, to);
    const { role: after } = world.roles.put(grown(role, {}, world.clock.now()));
    const details = { name: role.name, from, to };
    recordAct(world, call, { act: 'rbac.role_features_set', target: { kind: 'role', id }, details });
    return { features: to, version: after.version };
  },
} satisfies Answers;
