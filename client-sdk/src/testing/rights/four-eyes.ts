// Who may grant a role to somebody, and roles that take two people: they are not given by one alone.
import { evaluate, type RightsHolder } from '@authcenter/shared/evaluator';
import { MANAGE_ROLES, mayEdit, mayGrant } from '../people/acting.ts';
import { toHolder, type UserRecord } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import type { RoleEntry } from './roles.ts';

/** Also somebody who is about to be made. */
type Target = Pick<UserRecord, 'id' | 'status' | 'grants'>;

export const takesTwo = ({ options }: World, roleName: string): boolean =>
  options.fourEyes?.includes(roleName) ?? false;

/** Whether the user may, now and by all their roles together, grant the role to that person. */
export const mayApprove = (world: World, user: UserRecord, entry: RoleEntry, target: Target): boolean =>
  mayGrantTo(world, user.id, toHolder(user), entry, target);

function mayGrantTo(world: World, id: string, holder: RightsHolder, entry: RoleEntry, target: Target): boolean {
  return (
    id !== target.id &&
    evaluate(holder, world.roles.table.byId, world.clock.now(), MANAGE_ROLES).allowed &&
    mayGrant(world, holder, entry) &&
    mayEdit(world, holder, target)
  );
}

/**
 * Only as long as there are two who could approve a request: a single administrator must be able to make a second. Whoever switches
 * the others off for a moment is not alone by that.
 *
 * @throws Refusal PERMISSION_DENIED
 */
export function requireNotFourEyes(world: World, entry: RoleEntry, target: Target): void {
  if (!takesTwo(world, entry.name)) return;
  const approvers = [...world.users.values()].filter((user) =>
    mayGrantTo(world, user.id, { ...toHolder(user), status: 'active' }, entry, target),
  );
  if (approvers.length >= 2)
    refuse('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'This role takes two people: let it be asked for, and approve the request',
    });
}
