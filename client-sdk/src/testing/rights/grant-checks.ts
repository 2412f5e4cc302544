// Whether somebody may give a role, take it away, or set a status: asked alike by the acts and by their simulation.
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { FakeCaller } from '../call.ts';
import { holdsNow, readForChange, requireAnotherAdmin, requireMayGrant, requireOwnTime } from '../people/acting.ts';
import type { UserRecord } from '../people/users.ts';
import { refuse, refuseField } from '../refusal.ts';
import type { World } from '../world.ts';
import { requireFreshProof } from './access.ts';
import { requireNotFourEyes } from './four-eyes.ts';
import type { RoleEntry } from './roles.ts';

type Person = Exclude<FakeCaller, { kind: 'client' }>;

interface Grant {
  readonly userId: string;
  readonly roleId: string;
}

/** Kept in whole seconds, as tokens tell time; a date that has passed grants nothing. */
export function readExpiry({ clock }: World, expiresAt: Date | null): Date | null {
  const whole = expiresAt && new Date(Math.floor(expiresAt.getTime() / 1000) * 1000);
  return whole && whole <= clock.now() ? refuseField('expires_at', 'must lie in the future') : whole;
}

/** @param prove - asks for a fresh proof, which a simulation does not */
export function checkAssign(
  world: World,
  caller: Person,
  { userId, roleId, expiresAt }: Grant & { readonly expiresAt: Date | null },
  prove = requireFreshProof,
): { readonly target: UserRecord; readonly entry: RoleEntry } {
  const { actor, target } = readForChange(world, caller, userId, 'role:MANAGE');
  const entry = world.roles.table.byId.get(roleId) ?? refuse('NOT_FOUND', { detail: 'There is no such role' });
  requireMayGrant(world, actor, entry);
  requireOwnTime(world, actor, entry, expiresAt);
  if (entry.name === ADMIN_ROLE) prove(world, caller);
  requireNotFourEyes(world, entry, target);
  requireNotHeld(world, target, entry);
  return { target, entry };
}

/** @throws Refusal ALREADY_EXISTS */
export function requireNotHeld({ clock }: World, target: UserRecord, { role }: RoleEntry): void {
  if (holdsNow(target, role.id, clock.now())) refuse('ALREADY_EXISTS', { detail: 'The user holds this role already' });
}

/** One that has ended may be taken away as well. */
export function checkRemove(world: World, caller: Person, { userId, roleId }: Grant) {
  const { actor, target } = readForChange(world, caller, userId, 'role:MANAGE');
  const entry = world.roles.table.byId.get(roleId);
  if (!entry || !target.grants.some(({ role_id }) => role_id === roleId))
    return refuse('NOT_FOUND', { detail: 'The user does not hold this role' });
  requireMayGrant(world, actor, entry);
  if (entry.name === ADMIN_ROLE) requireAnotherAdmin(world, target);
  return { target, entry };
}

export function checkStatus(world: World, caller: Person, userId: string, status: UserRecord['status']): UserRecord {
  const { target } = readForChange(world, caller, userId, 'user:UPDATE');
  if (status !== 'active' && target.status !== status) requireAnotherAdmin(world, target);
  return target;
}
