// rbac.requests: a role asked for, for a while, for oneself alone; and which there are.

import type { Answers } from '../answers.ts';
import { newestFirst, toPage } from '../page.ts';
import { holdsNow, mayEdit, mayGrant, readActor } from '../people/acting.ts';
import { callingPerson, callingUser } from '../people/calling-user.ts';
import { refuse } from '../refusal.ts';
import { type AccessRequestRecord, denyClosed, recordOfRequest, toAccessRequest } from '../rights/access-requests.ts';

const DAY = 86_400_000;
const MOST_A_DAY = 20;

export const accessRequestAnswers = {
  'rbac.requests.list': (world, { whose, status, ...page }, call) => {
    const caller = callingPerson(call);
    const all = newestFirst(world.accessRequests.values());
    if (whose === 'mine') {
      const own = all.filter((one) => one.user_id === caller.id && (status ?? one.status) === one.status);
      return toPage(own, page, (one) => toAccessRequest(world, one));
    }
    const actor = readActor(world, caller, 'role:MANAGE');
    const { byId } = world.roles.table;
    const found = toPage(
      all.filter(({ user_id, role_id, status: is }) => {
        const entry = byId.get(role_id);
        return user_id !== caller.id && is === (status ?? 'pending') && entry && mayGrant(world, actor, entry);
      }),
      page,
      (one) => one,
    );
    // Whose level is above one's own is nobody to decide about: such a page is shorter.
    const items = found.items.filter(({ user_id }) => {
      const requester = world.users.get(user_id);
      return requester && mayEdit(world, actor, requester);
    });
    return { ...found, items: items.map((one) => toAccessRequest(world, one)) };
  },

  'rbac.requests.create': (world, { role: text, reason, duration }, call) => {
    const { byId, byName } = world.roles.table;
    const now = world.clock.now();
    const { role } = byName.get(text) ?? byId.get(text.toLowerCase()) ?? {};
    // One that is off cannot be had by asking.
    if (role?.status !== 'active') return refuse('NOT_FOUND', { detail: 'There is no such role' });
    const user = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    if (holdsNow(user, role.id, now)) refuse('ALREADY_EXISTS', { detail: 'You hold this role already' });
    const own = [...world.accessRequests.values()].filter(({ user_id }) => user_id === user.id);
    if (own.some(({ role_id, status }) => role_id === role.id && status === 'pending'))
      refuse('ALREADY_EXISTS', { detail: 'You have asked for this role already' });
    if (own.filter(({ created_at }) => created_at.getTime() > now.getTime() - DAY).length >= MOST_A_DAY)
      refuse('RATE_LIMITED', { retryAfter: 3600 });
    const request: AccessRequestRecord = {
      id: world.newId(),
      user_id: user.id,
      role_id: role.id,
      role_name: role.name,
      reason,
      duration,
      status: 'pending',
      approvals: [],
      decided_by: null,
      closed_at: null,
      comment: null,
      granted_until: null,
      created_at: now,
    };
    world.accessRequests.set(request.id, request);
    recordOfRequest(world, call, 'rbac.request_created', request, { duration, reason });
    return toAccessRequest(world, request);
  },

  'rbac.requests.cancel': (world, { id }, call) => {
    const request = world.accessRequests.get(id);
    // The existence of another's is not told.
    if (request?.user_id !== callingUser(call).id) return refuse('NOT_FOUND');
    if (request.status !== 'pending') denyClosed();
    Object.assign(request, { status: 'cancelled', closed_at: world.clock.now() });
    recordOfRequest(world, call, 'rbac.request_cancelled', request);
    return toAccessRequest(world, request);
  },
} satisfies Answers;
