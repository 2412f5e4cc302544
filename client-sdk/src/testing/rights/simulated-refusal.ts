// Whether the caller may make a change: the checks of the act itself, and nothing done.
import type { SimulateInput, Simulation } from '@authcenter/shared/schemas';
import type { Call } from '../call.ts';
import { callingPerson } from '../people/calling-user.ts';
import { Refusal } from '../refusal.ts';
import type { World } from '../world.ts';
import { checkAssign, checkRemove, checkStatus } from './grant-checks.ts';
import {
  actOn,
  checkAddPermissions,
  checkDelete,
  checkDeletePermission,
  checkRemovePermission,
  checkUpdate,
} from './role-checks.ts';

/** @returns what the act would answer; null where it would be done, be it after a fresh proof */
export function findRefusal(world: World, input: SimulateInput, call: Call): NonNullable<Simulation['refused']> | null {
  try {
    check(world, input, call);
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message: detail } = error;
    const { permission } = error.details;
    return { code, detail, ...(permission === undefined ? {} : { permission }) };
  }
}

function check(world: World, input: SimulateInput, call: Call): void {
  switch (input.change) {
    case 'user.status':
      checkStatus(world, callingPerson(call), input.user_id, input.status);
      break;
    case 'grant.remove':
      checkRemove(world, callingPerson(call), { userId: input.user_id, roleId: input.role_id });
      break;
    case 'grant.assign': {
      const { user_id: userId, role_id: roleId, expires_at: expiresAt = null } = input;
      checkAssign(world, callingPerson(call), { userId, roleId, expiresAt }, () => {});
      break;
    }
    case 'role.delete':
      checkDelete(world, call, input.role_id, input.reassign_to);
      break;
    case 'permission.delete':
      checkDeletePermission(world, call, input.permission_id);
      break;
    case 'role.update': {
      const acting = actOn(world, call, input.role_id);
      const { level, status, add_permission_ids = [], remove_permission_ids = [] } = input;
      checkUpdate(acting, {
        ...(level === acting.role.level ? {} : { level }),
        ...(status === acting.role.status ? {} : { status }),
      });
      if (add_permission_ids.length > 0) checkAddPermissions(world, acting, add_permission_ids);
      for (const id of remove_permission_ids) checkRemovePermission(acting, id);
    }
  }
}
