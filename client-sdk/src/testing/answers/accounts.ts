// Users that an administrator makes and removes, and their sessions.
import { evaluate, type RightsHolder } from '@authcenter/shared/evaluator';
import { parsePair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE, DEFAULT_ROLE } from '@authcenter/shared/roles';
import { requireFreshProof } from '../access.ts';
import { readActor, readForChange, requireAnotherAdmin, requireMayGrant } from '../acting.ts';
import type { Answers } from '../answers.ts';
import { callingPerson } from '../calling-user.ts';
import { sendLink } from '../challenges.ts';
import { newestFirst, toPage } from '../page.ts';
import { requireGoodPassword } from '../passwords.ts';
import { normalizePhone } from '../phone.ts';
import { refuse } from '../refusal.ts';
import type { RoleEntry } from '../roles.ts';
import { endSessions, listLive, showSession } from '../sessions.ts';
import { addUser, findUser, newGrant, raiseEpoch, refuseTaken, toUser } from '../users.ts';
import type { World } from '../world.ts';

/** In ms. */
const INVITATION_LIFE = 7 * 86_400_000;

export const accountAnswers = {
  'users.create': (world, input, call) => {
    const { username, email, profile = {}, password } = input;
    const caller = callingPerson(call);
    const phone = input.phone === undefined ? undefined : normalizePhone(input.phone);
    const own = { username, email: email ?? null, phone: phone ?? null, name: profile.name };
    if (password !== undefined) requireGoodPassword(password, own, 'password');
    const roles = chooseRoles(world, readActor(world, caller, 'user:CREATE'), input.role_ids);
    if (roles.some(({ name }) => name === ADMIN_ROLE)) requireFreshProof(world, caller);
    const names = Object.entries({ username, email, phone }).filter(([, value]) => value !== undefined);
    const taken = names.filter(([field, value]) => findUser(world, { [field]: value }));
    if (taken.length > 0) refuseTaken(taken.map(([field]) => field));
    const user = addUser(world, {
      username,
      ...(email === undefined ? {} : { email, email_verified: true }),
      ...(phone === undefined ? {} : { phone }),
      password: password ?? null,
    });
    const now = world.clock.now();
    user.mustChangePassword = password !== undefined;
    user.grants = roles.map((role) => newGrant(role, caller.id, now, null));
    const said = Object.entries(profile).filter(([, value]) => value !== undefined);
    user.profile = { ...user.profile, ...Object.fromEntries(said) };
    if (password === undefined)
      sendLink(world, { kind: 'invitation', target: email ?? phone ?? '', userId: user.id }, INVITATION_LIFE);
    return toUser(user, now);
  },

  'users.delete': (world, { id }, call) => {
    const { target } = readForChange(world, callingPerson(call), id, 'user:DELETE');
    requireAnotherAdmin(world, target);
    raiseEpoch(world, target);
    endSessions(world, ({ user_id }) => user_id === id);
    for (const held of [world.tickets, world.challenges, world.links, world.codes])
      for (const [key, { userId }] of held) if (userId === id) held.delete(key);
    for (const [key, { user_id }] of world.apiKeys) if (user_id === id) world.apiKeys.delete(key);
    world.users.delete(id);
  },

  'users.sessions.list': (world, { id, ...page }, call) => {
    const caller = callingPerson(call);
    readForChange(world, caller, id, 'user:UPDATE');
    const current = caller.kind === 'user' ? caller.sid : null;
    return toPage(newestFirst(listLive(world, id)), page, (session) => showSession(session, current));
  },

  'users.sessions.revoke': (world, { id: userId, session_id }, call) => {
    readForChange(world, callingPerson(call), userId, 'user:UPDATE');
    const ended = endSessions(world, ({ id, user_id }) => id === session_id && user_id === userId);
    if (!ended) refuse('NOT_FOUND');
  },
} satisfies Answers;

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
  return roles;
}
