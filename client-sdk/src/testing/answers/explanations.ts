// Why somebody may do something or not, and who may.
import { explain, findEnd, highestLevel, listEffectivePairs, type RightsHolder } from '@authcenter/shared/evaluator';
import { coversPair, formatPair, MANAGE, normalizePair, type Pair } from '@authcenter/shared/permissions';
import { type ExplainInput, type Explanation, MOST_NAMED } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { FakeCaller } from '../call.ts';
import { toPage } from '../page.ts';
import { callingPerson } from '../people/calling-user.ts';
import { type GrantRecord, toHolder, type UserRecord } from '../people/users.ts';
import { decideOn } from '../rights/access.ts';
import { type RoleEntry, type RoleTable, resolvePair } from '../rights/roles.ts';
import type { World } from '../world.ts';

export const explanationAnswers = {
  'rbac.explain': (world, input, call) => explainTo(world, input, callingPerson(call)),

  'rbac.whoCan': (world, input) => {
    const { table } = world.roles;
    const asked = readAsked(table, input);
    const found = [...world.users.values()].flatMap((user) => {
      const { allowed, covering } = explain(toGrants(user), table.byId, world.clock.now(), asked);
      const counting = covering.filter(({ standing }) => standing === 'counts');
      const roles = counting.map(({ role: { role }, grant: { expires_at } }) => ({
        role_id: role.id,
        name: role.name,
        expires_at,
      }));
      return allowed ? [{ ...toUserRef(user), roles, until: findEnd(counting) }] : [];
    });
    return toPage(found.sort(byUsername), input, (holder) => holder);
  },
} satisfies Answers;

interface Question {
  readonly resource?: string | undefined;
  readonly action?: string | undefined;
  readonly permission?: string | undefined;
}

const readAsked = (table: RoleTable, { resource = '', action = '', permission }: Question): Pair | null =>
  permission === undefined ? normalizePair(resource, action) : resolvePair(table, permission);

const toUserRef = ({ id, username, profile }: UserRecord) => ({ user_id: id, username, name: profile.name });
const byUsername = (a: { username: string }, b: { username: string }): number => (a.username < b.username ? -1 : 1);

const toGrants = ({ status, grants }: UserRecord): RightsHolder<GrantRecord & { role: string }> => ({
  status,
  grants: grants.map((grant) => ({ ...grant, role: grant.role_id })),
});

function explainTo(world: World, input: ExplainInput, caller: Exclude<FakeCaller, { kind: 'client' }>): Explanation {
  const { table } = world.roles;
  const asked = readAsked(table, input);
  const user = world.users.get(input.user_id ?? caller.id);
  const isOwnKey = caller.kind === 'api_key' && user?.id === caller.id;
  const holder = user && { ...toGrants(user), ...(isOwnKey ? { only: new Set(caller.scopes) } : {}) };
  const { covering, isOutOfBounds, ...decision } = explain(holder ?? null, table.byId, world.clock.now(), asked);
  const counting = covering.filter(({ standing }) => standing === 'counts');
  const mayRead = decideOn(world, caller, { resource: 'user', action: 'READ' }).allowed;
  return {
    ...decision,
    asked,
    ...(asked && counting.length > 0
      ? { chain: counting.map(({ grant, role }) => ({ grant: toLink(grant), ...toRole(role, asked) })) }
      : {}),
    blocked: [
      ...(user && user.status !== 'active' ? [{ what: 'user_status' as const, status: user.status }] : []),
      ...(isOutOfBounds ? [{ what: 'key_scopes' as const }] : []),
      ...(counting.length > 0 ? [] : covering).map(({ grant, role: { role }, standing }) =>
        standing === 'grant_expired' && grant.expires_at
          ? { what: 'grant_expired' as const, role_id: role.id, role: role.name, expires_at: grant.expires_at }
          : { what: 'role_inactive' as const, role_id: role.id, role: role.name },
      ),
    ],
    ...(user && asked && counting.length === 0 && mayRead ? { missing: findHelp(world, user, asked) } : {}),
  };
}

const toLink = ({ role_id, name, granted_by, granted_at, expires_at }: GrantRecord) => ({
  role_id,
  role: name,
  granted_by,
  granted_at,
  expires_at,
});

function toRole({ role: { id, name, display_name, level, status, permissions } }: RoleEntry, asked: Pair) {
  const find = (pair: string) => permissions.find((one) => formatPair(one) === pair);
  const byItself = find(formatPair(asked));
  const permission = byItself ?? find(`${asked.resource}:${MANAGE}`);
  if (!permission) throw new Error(`${name} covers ${formatPair(asked)} by none of its permissions`);
  return { role: { id, name, display_name, level, status }, permission, via_manage: !byItself };
}

function findHelp({ roles: { table }, users, clock }: World, target: UserRecord, asked: Pair) {
  const now = clock.now();
  const helpful = [...table.byId.values()]
    .filter(({ status, pairs }) => status === 'active' && coversPair(pairs, asked))
    .sort((a, b) => a.level - b.level || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_NAMED);
  const level = highestLevel({ ...toHolder(target), status: 'active' }, table.byId, now);
  const granters = [...users.values()].filter((user) => {
    const held = new Set(listEffectivePairs(toHolder(user), table.byId, now));
    const own = highestLevel(toHolder(user), table.byId, now);
    return (
      coversPair(held, { resource: 'role', action: MANAGE }) &&
      own >= level &&
      helpful.some((role) => own >= role.level && role.role.permissions.every((one) => coversPair(held, one)))
    );
  });
  return {
    roles_that_would_give_it: helpful.map(({ role }) => ({ role_id: role.id, name: role.name, level: role.level })),
    who_could_grant: granters.sort(byUsername).slice(0, MOST_NAMED).map(toUserRef),
  };
}
