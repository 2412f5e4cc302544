// An account goes with everything that is held on its owner, at once.

import { removePasskeys } from '../factors/passkeys.ts';
import { eraseActsOf, recordSystemAct } from '../record/acts.ts';
import { endSessions } from '../sign-in/sessions.ts';
import type { World } from '../world.ts';
import { isLastAdmin } from './acting.ts';
import { raiseEpoch, type UserRecord } from './users.ts';

export function removeUser(world: World, user: UserRecord): void {
  const { id } = user;
  raiseEpoch(world, user);
  endSessions(world, 'user_deleted', ({ user_id }) => user_id === id);
  for (const held of [world.tickets, world.challenges, world.links, world.codes])
    for (const [key, { userId }] of held) if (userId === id) held.delete(key);
  for (const [key, { user_id }] of world.apiKeys) if (user_id === id) world.apiKeys.delete(key);
  for (const [key, { user_id }] of world.accessRequests) if (user_id === id) world.accessRequests.delete(key);
  for (const [key, { phone }] of world.qrLogins) if (phone?.userId === id) world.qrLogins.delete(key);
  removePasskeys(world, id);
  world.users.delete(id);
  eraseActsOf(world, id);
}

/** Whose term to come back is over goes, unless they have become the last administrator. */
export function removeLeavers(world: World): void {
  const now = world.clock.now();
  for (const user of [...world.users.values()]) {
    if (!user.deletion_due_at || user.deletion_due_at > now || isLastAdmin(world, user)) continue;
    recordSystemAct(world, {
      act: 'users.removed',
      target: { kind: 'user', id: user.id },
      details: { reason: 'asked to leave' },
    });
    removeUser(world, user);
  }
}
