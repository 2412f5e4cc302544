// Granting and removing roles, and setting the status; each makes the user's tokens stale.
import { isLive } from '@authcenter/shared/evaluator';
import { ADMIN_ROLE } from '@authcenter/shared/roles';
import { requireFreshProof } from '../access.ts';
import { holdsNow, readForChange, requireAnotherAdmin, requireMayGrant } from '../acting.ts';
import type { Answers } from '../answers.ts';
import { callingPerson } from '../calling-user.ts';
import { refuse, refuseField } from '../refusal.ts';
import { endSessions } from '../sessions.ts';
import { newGrant, raiseEpoch, toUser } from '../users.ts';

export const grantAnswers = {
  'users.assignRole': (world, input, call) => {
    const caller = callingPerson(call);
    const now = world.clock.now();
    const expiresAt = input.expires_at ?? null;
    if (expiresAt && Math.floor(expiresAt.getTime() / 1000) * 1000 <= now.getTime())
      refuseField('expires_at', 'must lie in the future');
    const { actor, target } = readForChange(world, caller, input.id, 'role:MANAGE');
    const entry = world.roles.table.byId.get(input.role_id) ?? refuse('NOT_FOUND', { detail: 'There is no such role' });
    requireMayGrant(world, actor, entry);
    if (entry.name === ADMIN_ROLE) requireFreshProof(world, caller);
    if (holdsNow(target, entry.role.id, now)) refuse('ALREADY_EXISTS', { detail: 'The user holds this role already' });
    const others = target.grants.filter(({ role_id }) => role_id !== entry.role.id);
    target.grants = [...others, newGrant(entry, caller.id, now, expiresAt)];
    raiseEpoch(world, target);
    return toUser(target, now);
  },

  'users.renewRole': (world, input, call) => {
    const caller = callingPerson(call);
    const now = world.clock.now();
    const expiresAt = input.expires_at;
    if (expiresAt && Math.floor(expiresAt.getTime() / 1000) * 1000 <= now.getTime())
      refuseField('expires_at', 'must lie in the future');
    const { actor, target } = readForChange(world, caller, input.id, 'role:MANAGE');
    const held = target.grants.find((grant) => grant.role_id === input.role_id && isLive(grant, now));
    const entry = world.roles.table.byId.get(input.role_id);
    if (!held || !entry) return refuse('NOT_FOUND', { detail: 'The user does not hold this role' });
    requireMayGrant(world, actor, entry);
    const { expires_at } = newGrant(entry, null, now, expiresAt);
    const isLonger = held.expires_at !== null && (expires_at === null || expires_at > held.expires_at);
    if (input.id === caller.id && isLonger) refuse('PERMISSION_DENIED', { permission: 'role:MANAGE' });
    if (entry.name === ADMIN_ROLE) requireFreshProof(world, caller);
    if (entry.name === ADMIN_ROLE && expires_at !== null) requireAnotherAdmin(world, target);
    target.grants = target.grants.map((grant) => (grant === held ? { ...held, expires_at } : grant));
    raiseEpoch(world, target);
    return toUser(target, now);
  },

  'users.removeRole': (world, input, call) => {
    const { actor, target } = readForChange(world, callingPerson(call), input.id, 'role:MANAGE');
    const grants = target.grants.filter(({ role_id }) => role_id !== input.role_id);
    if (grants.length === target.grants.length) refuse('NOT_FOUND', { detail: 'The user does not hold this role' });
    const entry = world.roles.table.byId.get(input.role_id);
    if (entry) requireMayGrant(world, actor, entry);
    if (entry?.name === ADMIN_ROLE) requireAnotherAdmin(world, target);
    target.grants = grants;
    raiseEpoch(world, target);
  },

  'users.setStatus': (world, { id, status }, call) => {
    const { target } = readForChange(world, callingPerson(call), id, 'user:UPDATE');
    if (target.status !== status) {
      if (status !== 'active') {
        requireAnotherAdmin(world, target);
        endSessions(world, ({ user_id }) => user_id === id);
      }
      target.status = status;
      raiseEpoch(world, target);
    }
    return toUser(target, world.clock.now());
  },
} satisfies Answers;
