// Granting and removing roles, and setting the status; each makes the user's tokens stale.
import { isLive } from '@authcenter/shared/evaluator';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import type { Answers } from '../answers.ts';
import { isLonger, readForChange, requireAnotherAdmin, requireMayGrant, requireOwnTime } from '../people/acting.ts';
import { callingPerson } from '../people/calling-user.ts';
import { toUser } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import { requireFreshProof } from '../rights/access.ts';
import { requireNotFourEyes } from '../rights/four-eyes.ts';
import { checkAssign, checkRemove, checkStatus, readExpiry } from '../rights/grant-checks.ts';
import { noteEnd } from '../rights/grant-ends.ts';
import { changeRights, grantRole } from '../rights/grant-role.ts';
import { endSessions } from '../sign-in/sessions.ts';

export const grantAnswers = {
  'users.assignRole': (world, input, call) => {
    const expiresAt = readExpiry(world, input.expires_at ?? null);
    const grant = { userId: input.id, roleId: input.role_id, expiresAt };
    const { target, entry } = checkAssign(world, callingPerson(call), grant);
    grantRole(world, call, target, entry, expiresAt);
    return toUser(target, world.clock.now());
  },

  'users.renewRole': (world, input, call) => {
    const caller = callingPerson(call);
    const now = world.clock.now();
    const expires_at = readExpiry(world, input.expires_at);
    const { actor, target } = readForChange(world, caller, input.id, 'role:MANAGE');
    const held = target.grants.find((grant) => grant.role_id === input.role_id && isLive(grant, now));
    const entry = world.roles.table.byId.get(input.role_id);
    if (!held || !entry) return refuse('NOT_FOUND', { detail: 'The user does not hold this role' });
    requireMayGrant(world, actor, entry);
    const isMore = isLonger(expires_at, held.expires_at);
    if (isMore && input.id === caller.id)
      refuse('PERMISSION_DENIED', {
        permission: 'role:MANAGE',
        detail: 'Nobody gives themselves more time: ask another administrator',
      });
    if (isMore) requireOwnTime(world, actor, entry, expires_at);
    if (entry.name === ADMIN_ROLE) requireFreshProof(world, caller);
    if (isMore) requireNotFourEyes(world, entry, target);
    if (entry.name === ADMIN_ROLE && expires_at !== null) requireAnotherAdmin(world, target);
    target.grants = target.grants.map((grant) => (grant === held ? { ...held, expires_at } : grant));
    const { id, name } = entry.role;
    const details = { role_id: id, role: name, from: held.expires_at, expires_at };
    changeRights(world, call, target, 'users.renew_role', details);
    return toUser(target, now);
  },

  'users.removeRole': (world, { id: userId, role_id }, call) => {
    const { target, entry } = checkRemove(world, callingPerson(call), { userId, roleId: role_id });
    for (const grant of target.grants) if (grant.role_id === role_id) noteEnd(world, target, grant);
    target.grants = target.grants.filter((grant) => grant.role_id !== role_id);
    changeRights(world, call, target, 'users.remove_role', { role_id, role: entry.name });
  },

  'users.setStatus': (world, { id, status }, call) => {
    const target = checkStatus(world, callingPerson(call), id, status);
    const { status: from } = target;
    if (from !== status) {
      if (status !== 'active') endSessions(world, 'user_disabled', ({ user_id }) => user_id === id);
      target.status = status;
      changeRights(world, call, target, 'users.set_status', { from, to: status });
    }
    return toUser(target, world.clock.now());
  },
} satisfies Answers;
