// The acting user's rights as they are inside the transaction: a token may be a moment older than the database, and so may the role table in memory.
import { evaluate, parsePair, type RightsHolder } from '@authcenter/shared';
import type { Ctx, Person } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';
import { isLonger, mayGrantUntil } from './policy.ts';
import { toRightsHolder } from './rights-holder.ts';

/** The guard document of every act that changes who may do what: levels and the last administrator are rules over several users and roles. */
export const RIGHTS_GUARD = 'rights';

export interface Acting {
  readonly actor: RightsHolder;
  readonly roles: RoleTable;
}

/** By an API key its owner may do no more than its scopes say. */
export const narrowedAs = <Holder extends RightsHolder>({ rights: { only } }: Person, holder: Holder): Holder =>
  only ? { ...holder, only } : holder;

/**
 * Reads caller and roles under the guard, and checks that the one still has the permission.
 *
 * @throws AppError PERMISSION_DENIED naming it
 */
export async function readActor(
  ctx: Ctx<'users' | 'roles' | 'clock' | 'takeGuard'>,
  tx: Tx,
  permission: string,
): Promise<Acting> {
  await ctx.takeGuard(tx, RIGHTS_GUARD);
  const roles = await ctx.roles.loadRoleTable(tx);
  return { actor: await findActor(ctx, roles, permission, tx), roles };
}

/** The caller as they are in the database. @throws AppError PERMISSION_DENIED naming the permission that they have no more */
export async function findActor(
  { users, clock, caller }: Ctx<'users' | 'clock'>,
  roles: RoleTable,
  permission: string,
  tx?: Tx,
): Promise<RightsHolder> {
  const user = await users.findById(caller.id, tx);
  const actor = user && narrowedAs(caller, toRightsHolder(user));
  return actor && holdsNow(actor, roles, clock.now(), permission) ? actor : fail('PERMISSION_DENIED', { permission });
}

/**
 * What one has for a while one gives for no longer, to oneself or to another: else an hour would be enough to have it for good.
 *
 * @throws AppError PERMISSION_DENIED
 */
export function requireOwnTime(
  { clock }: Ctx<'clock'>,
  { actor, roles }: Acting,
  role: Pick<RoleEntry, 'permissions'>,
  expiresAt: Date | null,
): void {
  const until = mayGrantUntil(actor, role, roles, clock.now());
  if (isLonger(expiresAt, until))
    fail('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: `Your own right to give this role ends at ${until?.toISOString()}: give it until then at most`,
    });
}

/** Whether somebody may do what a permission names. */
export const holdsNow = (holder: RightsHolder, roles: RoleTable, now: Date, permission: string): boolean =>
  evaluate(holder, roles.byId, now, parsePair(permission)).allowed;
