// Who may grant a role to somebody: whom a request is told to, and whether there are two for what takes two.
import { coversPair, evaluate } from '@authcenter/shared';
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';
import { MANAGE_ROLES, mayGrant } from '../rbac/policy.ts';
import { toRightsHolder } from '../rbac/rights-holder.ts';
import type { UserDocument } from './document.ts';
import { mayEdit } from './policy.ts';

/** So many holders of a right to grant are looked at. */
const LOOKED_AT = 200;

/** Whether the user may, now and by all their roles together, grant the role to that person. */
export function mayApprove(
  user: UserDocument,
  role: RoleEntry,
  target: UserDocument,
  roles: RoleTable,
  now: Date,
): boolean {
  const holder = toRightsHolder(user);
  return (
    !user._id.equals(target._id) &&
    evaluate(holder, roles.byId, now, MANAGE_ROLES).allowed &&
    mayGrant(holder, role, roles, now) &&
    mayEdit(holder, toRightsHolder(target), roles, now)
  );
}

/** At most `limit` of them, never the person themselves. With `evenOff` those too whose accounts are off, as if they were on. */
export async function listApprovers(
  { users, live, clock }: Pick<Deps, 'users' | 'live' | 'clock'>,
  tx: Tx,
  role: RoleEntry,
  target: UserDocument,
  limit: number,
  { evenOff = false } = {},
): Promise<UserDocument[]> {
  const [now, roles] = [clock.now(), live.roles()];
  const granting = [...roles.byId.values()].filter(({ pairs }) => coversPair(pairs, MANAGE_ROLES)).map(({ id }) => id);
  const holders = await users.listHolders(granting, evenOff ? undefined : 'active', now, LOOKED_AT, tx);
  const asAsked = (user: UserDocument) => (evenOff ? { ...user, status: 'active' as const } : user);
  return holders.filter((user) => mayApprove(asAsked(user), role, target, roles, now)).slice(0, limit);
}
