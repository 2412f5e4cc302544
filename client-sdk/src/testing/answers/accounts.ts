// Users that an administrator makes and removes, and their sessions.
import { evaluate, type RightsHolder } from '@authcenter/shared/evaluator';
import { parsePair } from '@authcenter/shared/permissions';
import { DEFAULT_ROLE } from '@authcenter/shared/roles';
import type { Answers } from '../answers.ts';
import { newestFirst, toPage } from '../page.ts';
import { readActor, readForChange, requireAnotherAdmin, requireMayGrant, requireOwnTime } from '../people/acting.ts';
import { callingPerson } from '../people/calling-user.ts';
import { requireGoodPassword } from '../people/passwords.ts';
import { normalizePhone } from '../people/phone.ts';
import { removeUser } from '../people/remove-user.ts';
import { addUser, findUser, isExpected, newGrant, refuseTaken, toUser, type UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { requireFreshProof } from '../rights/access.ts';
import { requireNotFourEyes } from '../rights/four-eyes.ts';
import type { RoleEntry } from '../rights/roles.ts';
import { sendLink } from '../sign-in/challenges.ts';
import { endSessions, listLive, showSession } from '../sign-in/sessions.ts';
import type { World } from '../world.ts';

/** In ms. */
const INVITATION_LIFE = 7 * 86_400_000;

export const accountAnswers = {
  'users.create': (world, input, call) => {
    const { username, email, profile = {}, password } = input;
    const caller = callingPerson(call);
    const phone = input.phone === undefined ? undefined : normalizePhone(input.phone);
    const own = { username, email: email ?? null, phone: phone ?? null, name: profile.name };
    if (password !== undefined) requireGoodPassword(world, password, own, 'password');
    const roles = chooseRoles(world, readActor(world, caller, 'user:CREATE'), input.role_ids);
    const granted = roles.filter(({ name }) => name !== DEFAULT_ROLE);
    // Whoever makes an account with a password may act by it.
    if (granted.length > 0) requireFreshProof(world, caller);
    const names = Object.entries({ username, email, phone }).filter(([, value]) => value !== undefined);
    const taken = names.filter(([field, value]) => findUser(world, { [field]: value }));
    if (taken.length > 0) refuseTaken(taken.map(([field]) => field));
    const grants = roles.map((role) => newGrant(role, caller.id, world.clock.now(), null));
    for (const role of granted) requireNotFourEyes(world, role, { id: '', status: 'active', grants });
    const user = addUser(world, {
      username,
      ...(email === undefined ? {} : { email, email_verified: true }),
      ...(phone === undefined ? {} : { phone }),
      password: password ?? null,
    });
    const now = world.clock.now();
    // It is meant to be, whatever it has for an address.
    Object.assign(user, { isProven: true, mustChangePassword: password !== undefined });
    user.grants = grants;
    const said = Object.entries(profile).filter(([, value]) => value !== undefined);
    user.profile = { ...user.profile, ...Object.fromEntries(said) };
    if (password === undefined) invite(world, user);
    recordAct(world, call, {
      act: 'users.create',
      target: { kind: 'user', id: user.id },
      details: { username, roles: roles.map(({ name }) => name), invited: password === undefined },
    });
    return toUser(user, now);
  },

  'users.invite': (world, { id }, call) => {
    const { target } = readForChange(world, callingPerson(call), id, 'user:CREATE');
    if (!isExpected(target)) refuse('INVALID_TRANSITION', { detail: 'Only who never signed in can be invited' });
    if (target.email === null && target.phone === null)
      refuse('INVALID_TRANSITION', { detail: 'There is neither an address nor a phone number to send it to' });
    invite(world, target);
    recordAct(world, call, { act: 'users.invite', target: { kind: 'user', id } });
  },

  'users.delete': (world, { id }, call) => {
    const { target } = readForChange(world, callingPerson(call), id, 'user:DELETE');
    requireAnotherAdmin(world, target);
    const { username } = target;
    recordAct(world, call, { act: 'users.delete', target: { kind: 'user', id }, details: { username } });
    removeUser(world, target);
  },

  'users.sessions.list': (world, { id, ...page }, call) => {
    const caller = callingPerson(call);
    readForChange(world, caller, id, 'user:UPDATE');
    const current = caller.kind === 'user' ? caller.sid : null;
    return toPage(newestFirst(listLive(world, id)), page, (session) => showSession(session, current));
  },

  'users.sessions.revoke': (world, { id: userId, session_id }, call) => {
    readForChange(world, callingPerson(call), userId, 'user:UPDATE');
    const ended = endSessions(world, 'revoked', ({ id, user_id }) => id === session_id && user_id === userId);
    if (!ended) refuse('NOT_FOUND');
    const details = { session: session_id };
    recordAct(world, call, { act: 'users.session_ended', target: { kind: 'user', id: userId }, details });
  },
} satisfies Answers;

/** To the mailbox that is proven, else the phone, else the mailbox that is claimed. */
function invite(world: World, { id, email, email_verified, phone, phone_verified }: UserRecord): void {
  const target = (email_verified ? email : null) ?? (phone_verified ? phone : null) ?? email;
  if (target !== null) sendLink(world, { kind: 'invitation', target, userId: id }, INVITATION_LIFE);
}

/** Whoever may make users may make plain ones; anything else is granting. */
function chooseRoles(world: World, actor: RightsHolder, ids: readonly string[] | undefined): RoleEntry[] {
  const { byId, byName } = world.roles.table;
  const plain = byName.get(DEFAULT_ROLE) ?? refuse('NOT_FOUND');
  const roles = [...new Set(ids ?? [plain.role.id])].map(
    (id) => byId.get(id) ?? refuse('NOT_FOUND', { detail: 'There is no such role' }),
  );
  const granted = roles.filter((entry) => entry !== plain);
  if (granted.length > 0 && !evaluate(actor, byId, world.clock.now(), parsePair('role:MANAGE')).allowed)
    refuse('PERMISSION_DENIED', { permission: 'role:MANAGE' });
  for (const entry of granted) requireMayGrant(world, actor, entry);
  for (const entry of granted) requireOwnTime(world, actor, entry, null);
  return roles;
}
