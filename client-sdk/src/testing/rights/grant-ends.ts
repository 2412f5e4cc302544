// Grants whose end has come: on record, and told, once each. No right changes by it: an ended grant counts nowhere from that instant on.
import { isLive } from '@authcenter/shared/evaluator';
import type { GrantRecord, UserRecord } from '../people/users.ts';
import { recordSystemAct } from '../record/acts.ts';
import type { World } from '../world.ts';

export function noteGrantEnds(world: World): void {
  for (const user of world.users.values()) for (const grant of user.grants) noteEnd(world, user, grant);
}

/** Also for one that goes before the clock was moved. */
export function noteEnd(world: World, { id }: UserRecord, grant: GrantRecord): void {
  if (isLive(grant, world.clock.now()) || world.notedEnds.has(grant)) return;
  world.notedEnds.add(grant);
  const { role_id, name: role, granted_by, granted_at, expires_at } = grant;
  const details = { role_id, role, granted_by, granted_at, expires_at };
  recordSystemAct(world, { act: 'users.grant_expired', target: { kind: 'user', id }, details });
}
