// Reading and editing users.
import { isLive, listEffectiveRoles } from '@authcenter/shared/evaluator';
import type { UserPermissions } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import { NO_FACTORS } from '../factors/factors.ts';
import { removePasskeys } from '../factors/passkeys.ts';
import { toPage } from '../page.ts';
import { readForChange } from '../people/acting.ts';
import { callingPerson } from '../people/calling-user.ts';
import { normalizePhone } from '../people/phone.ts';
import { findUser, raiseEpoch, refuseTaken, toHolder, toUser, type UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import { refuse, refuseField } from '../refusal.ts';
import { decideOn, requireFreshProof } from '../rights/access.ts';
import { endSessions } from '../sign-in/sessions.ts';
import { removeTickets } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';

export const userAnswers = {
  'users.list': (world, input) => {
    const { search, status, role, sort } = input;
    const now = world.clock.now();
    if (role !== undefined && !world.roles.table.byName.has(role)) refuseField('role', 'is not the name of a role');
    const prefix = search?.toLowerCase();
    const found = [...world.users.values()].filter(
      (user) =>
        (status ?? user.status) === user.status &&
        (role === undefined || user.grants.some((grant) => grant.name === role && isLive(grant, now))) &&
        (prefix === undefined ||
          [user.username, user.email, user.phone, user.profile.name].some((one) =>
            one?.toLowerCase().startsWith(prefix),
          )),
    );
    return toPage(found.sort(ORDERS[sort]), input, (user) => toUser(user, now));
  },

  'users.get': ({ users, clock }, { id }) => toUser(users.get(id) ?? refuse('NOT_FOUND'), clock.now()),

  'users.permissions': (world, { id }) => listPermissions(world, world.users.get(id) ?? refuse('NOT_FOUND')),

  'users.update': (world, input, call) => {
    const { id, username, email, profile } = input;
    const phone = input.phone == null ? input.phone : normalizePhone(input.phone);
    const caller = callingPerson(call);
    const isPrivileged = decideOn(world, caller, { resource: 'user', action: 'UPDATE' }).allowed;
    const deny = () => refuse('PERMISSION_DENIED', { permission: 'user:UPDATE' });
    if (!isPrivileged && (email !== undefined || phone !== undefined)) deny();
    if (email !== undefined || phone !== undefined) requireFreshProof(world, caller);
    const user = isPrivileged
      ? readForChange(world, caller, id, 'user:UPDATE').target
      : (world.users.get(id) ?? refuse('NOT_FOUND'));
    // Who was given a name chooses one once.
    if (!isPrivileged && username !== undefined && !/^u_[a-z2-7]{10}$/.test(user.username)) deny();
    for (const [field, value] of Object.entries({ username, email, phone }))
      if (value && value !== user[field as 'username'] && findUser(world, { [field]: value })) refuseTaken([field]);
    const before = { username: user.username, email: user.email };
    if (username !== undefined) user.username = username;
    if (email !== undefined && email !== user.email) Object.assign(user, { email, email_verified: false });
    if (phone !== undefined && phone !== user.phone) Object.assign(user, { phone, phone_verified: false });
    const changed = Object.entries(profile ?? {}).filter(([, value]) => value !== undefined);
    user.profile = { ...user.profile, ...Object.fromEntries(changed) };
    user.updated_at = world.clock.now();
    // Tokens carry name and address.
    if (user.username !== before.username || user.email !== before.email) raiseEpoch(world, user);
    const fields = Object.keys(input).filter((field) => field !== 'id');
    recordAct(world, call, { act: 'users.update', target: { kind: 'user', id }, details: { fields } });
    return toUser(user, world.clock.now());
  },

  'users.mfa.reset': (world, { id }, call) => {
    const { target } = readForChange(world, callingPerson(call), id, 'user:UPDATE');
    target.factors = NO_FACTORS;
    removePasskeys(world, id);
    removeTickets(world, id);
    raiseEpoch(world, target);
    endSessions(world, 'factors_reset', ({ user_id }) => user_id === id);
    recordAct(world, call, { act: 'users.mfa_reset', target: { kind: 'user', id } });
    return toUser(target, world.clock.now());
  },
} satisfies Answers;

const time = (date: Date | null): number => date?.getTime() ?? 0;
const byId = (a: UserRecord, b: UserRecord): number => (a.id < b.id ? 1 : -1);
const ORDERS: Readonly<Record<'created_at' | 'username' | 'last_login_at', (a: UserRecord, b: UserRecord) => number>> =
  {
    created_at: (a, b) => time(b.created_at) - time(a.created_at) || byId(a, b),
    last_login_at: (a, b) => time(b.last_login_at) - time(a.last_login_at) || byId(a, b),
    username: (a, b) => (a.username < b.username ? -1 : 1),
  };

/** Only what counts now: live grants of active roles, of an active user. */
function listPermissions({ roles, clock }: World, user: UserRecord): UserPermissions {
  const now = clock.now();
  const effective = new Set(listEffectiveRoles(toHolder(user), roles.table.byId, now));
  const held = user.grants.flatMap((grant) => {
    const entry = roles.table.byId.get(grant.role_id);
    return entry && effective.has(entry) && isLive(grant, now) ? [{ ...grant, role: entry.role }] : [];
  });
  const permissions = new Map<string, UserPermissions['permissions'][number]>();
  for (const { role } of held)
    for (const { name, resource, action } of role.permissions) {
      const known = permissions.get(name) ?? { name, resource, action, granted_by_roles: [] };
      permissions.set(name, { ...known, granted_by_roles: [...known.granted_by_roles, role.name] });
    }
  return {
    user_id: user.id,
    roles: held.map(({ role_id, expires_at, role: { name, display_name, level } }) => ({
      role_id,
      name,
      display_name,
      level,
      expires_at,
    })),
    permissions: [...permissions.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
