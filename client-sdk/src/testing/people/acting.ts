// Who may change whom and give what, and for how long: the level rule, and the last administrator.
import {
  evaluate,
  explain,
  findEnd,
  highestLevel,
  isLive,
  listEffectivePairs,
  type RightsHolder,
} from '@authcenter/shared/evaluator';
import { coversPair, type Pair, parsePair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { FakeCaller } from '../call.ts';
import { refuse } from '../refusal.ts';
import type { RoleEntry } from '../rights/roles.ts';
import type { World } from '../world.ts';
import { toHolder, type UserRecord } from './users.ts';

export const MANAGE_ROLES: Pair = { resource: 'role', action: 'MANAGE' };

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
  const actor = readActor(world, caller, permission);
  const target = world.users.get(targetId) ?? refuse('NOT_FOUND');
  if (!mayEdit(world, actor, target))
    refuse('PERMISSION_DENIED', { permission, detail: 'This user stands above your own level' });
  return { actor, target };
}

/** An inactive administrator stays one. */
export const mayEdit = (world: World, actor: RightsHolder, target: Pick<UserRecord, 'status' | 'grants'>): boolean =>
  mayReach(
    world,
    actor,
    highestLevel({ ...toHolder(target), status: 'active' }, world.roles.table.byId, world.clock.now()),
  );

export const mayReach = ({ roles, clock }: World, actor: RightsHolder, level: number): boolean =>
  level <= highestLevel(actor, roles.table.byId, clock.now());

export function holdsAll({ roles, clock }: World, actor: RightsHolder, pairs: readonly Pair[]): boolean {
  const held = new Set(listEffectivePairs(actor, roles.table.byId, clock.now()));
  return pairs.every((pair) => coversPair(held, pair));
}

/** Nobody grants a role above their own level, nor one with a permission they do not hold. */
export const mayGrant = (world: World, actor: RightsHolder, { role }: RoleEntry): boolean =>
  mayReach(world, actor, role.level) && holdsAll(world, actor, role.permissions);

/** @throws Refusal PERMISSION_DENIED */
export function requireMayGrant(world: World, actor: RightsHolder, entry: RoleEntry): void {
  if (!mayGrant(world, actor, entry))
    refuse('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'This role stands above your own level, or holds a permission you do not',
    });
}

/** Whether a grant with the one end lasts beyond the other; null never ends. */
export const isLonger = (end: Date | null, than: Date | null): boolean => than !== null && (end === null || end > than);

/** @throws Refusal PERMISSION_DENIED: what one has for a while one gives for no longer, to oneself or to another */
export function requireOwnTime(
  { roles, clock }: World,
  actor: RightsHolder,
  { role }: Pick<RoleEntry, 'role'>,
  expiresAt: Date | null,
): void {
  const until = [MANAGE_ROLES, ...role.permissions]
    .map((pair) => findEnd(explain(actor, roles.table.byId, clock.now(), pair).covering))
    .reduce((soonest, end) => (isLonger(soonest, end) ? end : soonest), null);
  if (isLonger(expiresAt, until))
    refuse('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: `Your own right to give this role ends at ${until?.toISOString()}: give it until then at most`,
    });
}

const isLastingAdmin = ({ status, grants }: UserRecord): boolean =>
  status === 'active' && grants.some(({ name, expires_at }) => name === ADMIN_ROLE && expires_at === null);

/** One who is leaving is none to rely on. */
export const isLastAdmin = ({ users }: World, target: UserRecord): boolean =>
  isLastingAdmin(target) &&
  ![...users.values()].some((user) => user !== target && isLastingAdmin(user) && user.deletion_due_at === null);

/** @throws Refusal LAST_ADMIN */
export function requireAnotherAdmin(world: World, target: UserRecord): void {
  if (isLastAdmin(world, target)) refuse('LAST_ADMIN');
}

export const holdsNow = ({ grants }: UserRecord, roleId: string, now: Date): boolean =>
  grants.some((grant) => grant.role_id === roleId && isLive(grant, now));
