// The one way in which a role comes to a user. A grant of it that has ended is replaced.

import type { Call } from '../call.ts';
import { callingPerson } from '../people/calling-user.ts';
import { newGrant, raiseEpoch, type UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import type { World } from '../world.ts';
import { requireNotHeld } from './grant-checks.ts';
import { noteEnd } from './grant-ends.ts';
import type { RoleEntry } from './roles.ts';

/**
 * @param because - what stands in the record beside role and end
 * @throws Refusal ALREADY_EXISTS for a live grant
 */
export function grantRole(
  world: World,
  call: Call,
  target: UserRecord,
  entry: RoleEntry,
  expiresAt: Date | null,
  because: Readonly<Record<string, unknown>> = {},
): void {
  requireNotHeld(world, target, entry);
  const { id, name } = entry.role;
  const others = target.grants.filter(({ role_id }) => role_id !== id);
  for (const grant of target.grants) if (grant.role_id === id) noteEnd(world, target, grant);
  target.grants = [...others, newGrant(entry, callingPerson(call).id, world.clock.now(), expiresAt)];
  changeRights(world, call, target, 'users.assign_role', {
    role_id: id,
    role: name,
    expires_at: expiresAt,
    ...because,
  });
}

/** Makes tokens stale, and writes the record. */
export function changeRights(
  world: World,
  call: Call,
  target: UserRecord,
  act: string,
  details: Readonly<Record<string, unknown>>,
): void {
  raiseEpoch(world, target);
  recordAct(world, call, { act, target: { kind: 'user', id: target.id }, details });
}
