// An address that somebody has just proven, taken from whoever claimed it without proof.
import { DEFAULT_ROLE } from '@authcenter/shared/roles';
import { endSessions } from '../sign-in/sessions.ts';
import type { World } from '../world.ts';
import { findUser, raiseEpoch, type UserRecord } from './users.ts';

/**
 * A registration that never proved anything loses password and sessions with it, and is closed. An account that is somebody's loses the
 * address alone.
 *
 * @param except - the account it is for
 * @returns whether the address is free now; false when another account has proven it
 */
export function takeUnprovenAddress(world: World, email: string, except?: UserRecord): boolean {
  const holder = findUser(world, { email });
  if (!holder || holder === except) return true;
  if (holder.email_verified) return false;
  holder.email = null;
  const isSomebodys = holder.isProven || holder.grants.some(({ name }) => name !== DEFAULT_ROLE);
  if (!isSomebodys) {
    Object.assign(holder, { password: null, password_changed_at: world.clock.now(), status: 'inactive' });
    endSessions(world, 'address_lost', ({ user_id }) => user_id === holder.id);
  }
  raiseEpoch(world, holder);
  return true;
}
