// Who may change whom: the level rule, and the last administrator.
import { evaluate, highestLevel, isLive, listEffectivePairs, type RightsHolder } from '@authcenter/shared/evaluator';
import { coversPair, type Pair, parsePair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { FakeCaller } from './call.ts';
import { refuse } from './refusal.ts';
import type { RoleEntry } from './roles.ts';
import { toHolder, type UserRecord } from './users.ts';
import type { World } from './world.ts';

type Person = Exclude<FakeCaller, { kind: 'client' }>;

/** @throws Refusal PERMISSION_DENIED */
export function readActor(world: World, caller: Person, permission: string): RightsHolder {
  const own = world.users.get(caller.id);
  const actor: RightsHolder | null =
    own === undefined
      ? null
      : { ...toHolder(own), ...(caller.kind === 'api_key' ? { only: new Set(caller.scopes) } : {}) };
  const { allowed } = evaluate(actor, world.roles.table.byId, world.clock.now(), parsePair(permission));
  return actor && allowed ? actor : refuse('PERMISSION_DENIED', { permission });
}

/** @throws Refusal NOT_FOUND; PERMISSION_DENIED: nobody edits a user whose highest level is above their own */
export function readForChange(world: World, caller: Person, targetId: string, permission: string) {
  const { byId } = world.roles.table;
  const now = world.clock.now();
  const actor = readActor(world, caller, permission);
  const target = world.users.get(targetId) ?? refuse('NOT_FOUND');
  // An inactive administrator stays one.
  if (highestLevel({ ...toHolder(target), status: 'active' }, byId, now) > highestLevel(actor, byId, now))
    refuse('PERMISSION_DENIED', { permission, detail: 'This user stands above your own level' });
  return { actor, target };
}

export const mayReach = ({ roles, clock }: World, actor: RightsHolder, level: number): boolean =>
  level <= highestLevel(actor, roles.table.byId, clock.now());

export function holdsAll({ roles, clock }: World, actor: RightsHolder, pairs: readonly Pair[]): boolean {
  const held = new Set(listEffectivePairs(actor, roles.table.byId, clock.now()));
  return pairs.every((pair) => coversPair(held, pair));
}

/** @throws Refusal PERMISSION_DENIED: nobody grants a role above their own level, nor one with a permission they do not hold */
export function requireMayGrant(world: World, actor: RightsHolder, { role }: RoleEntry): void {
  if (!mayReach(world, actor, role.level) || !holdsAll(world, actor, role.permissions))
    refuse('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'This role stands above your own level, or holds a permission you do not',
    });
}

const isLastingAdmin = ({ status, grants }: UserRecord): boolean =>
  status === 'active' && grants.some(({ name, expires_at }) => name === ADMIN_ROLE && expires_at === null);

/** @throws Refusal LAST_ADMIN */
export function requireAnotherAdmin({ users }: World, target: UserRecord): void {
  const others = [...users.values()].filter((user) => user.id !== target.id && isLastingAdmin(user));
  if (isLastingAdmin(target) && others.length === 0) refuse('LAST_ADMIN');
}

export const holdsNow = ({ grants }: UserRecord, roleId: string, now: Date): boolean =>
  grants.some((grant) => grant.role_id === roleId && isLive(grant, now));
