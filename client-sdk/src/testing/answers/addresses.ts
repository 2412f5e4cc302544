// One-time codes, mailed links, and passwords forgotten and changed.

import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { callingUser, requireUser } from '../people/calling-user.ts';
import { requireGoodPassword, requireGoodReplacement, storePassword } from '../people/passwords.ts';
import { normalizePhone, requireServedCountry } from '../people/phone.ts';
import { recordRegistration } from '../people/registration.ts';
import { takeUnprovenAddress } from '../people/take-address.ts';
import { addUser, findUser, isExpected, raiseEpoch, type UserRecord } from '../people/users.ts';
import { newUsername } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse, refuseField } from '../refusal.ts';
import { requireFreshProof } from '../rights/access.ts';
import {
  answerChallenge,
  CODE_LIFE,
  type Contact,
  removeLinks,
  sendCode,
  sendLink,
  spend,
  toContact,
} from '../sign-in/challenges.ts';
import { isNumberDoubted } from '../sign-in/next-step.ts';
import { endSessions } from '../sign-in/sessions.ts';
import { guess } from '../sign-in/sign-in.ts';
import { openTicket } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';

const RESEND_AFTER = 60;
/** In ms. */
const [VERIFY_LIFE, RESET_LIFE] = [24 * 3_600_000, 30 * 60_000];

export const addressAnswers = {
  'auth.otp.send': async (world, input, call) => {
    const { purpose } = input;
    const contact = toContact(input);
    const isOfUser = purpose === 'bind' || purpose === 'step_up';
    const userId = isOfUser ? (await requireUser(world, call)).id : undefined;
    if (purpose === 'step_up') requireOwn(world, userId, contact);
    if (contact.channel === 'sms') requireServedCountry(world, contact.target);
    const challenge_id = sendCode(world, purpose, contact, userId);
    return { challenge_id, expires_in: CODE_LIFE, resend_after: RESEND_AFTER };
  },

  'auth.email.verify': (world, { token }, call) => {
    const link = takeLink(world, 'verify_email', token);
    const holder = findUser(world, { email: link.target });
    if (link.pending) {
      if (!takeUnprovenAddress(world, link.target)) refuse('INVALID_CODE');
      const username = findUser(world, { username: link.pending.username }) ? newUsername() : link.pending.username;
      const user = addUser(world, { ...link.pending, username, email: link.target, email_verified: true });
      recordRegistration(world, call, user);
    } else {
      if (!holder || holder.id !== link.userId || holder.email_verified) return refuse('INVALID_CODE');
      Object.assign(holder, { email_verified: true, isProven: true });
      raiseEpoch(world, holder);
      recordAct(world, call, { act: 'auth.email_verified', target: { kind: 'user', id: holder.id } });
    }
    removeLinks(world, 'verify_email', link.target);
    return { status: 'verified' as const };
  },

  'auth.email.resend': (world, { email }) => {
    const user = findUser(world, { email });
    if (user && !user.email_verified)
      sendLink(world, { kind: 'verify_email', target: email, userId: user.id }, VERIFY_LIFE);
  },

  'auth.password.forgot': (world, input) => {
    const contact = toContact(input);
    if (contact.channel === 'sms') {
      requireServedCountry(world, contact.target);
      sendCode(world, 'reset_password', contact);
      return;
    }
    const user = findUser(world, { email: contact.target });
    if (user) sendLink(world, { kind: 'reset_password', target: contact.target, userId: user.id }, RESET_LIFE);
  },

  'auth.password.reset': (world, input, call) => {
    const { new_password } = input;
    if ('token' in input) {
      const link = world.links.get(input.token);
      const user = world.users.get(link?.userId ?? '');
      const isGood = link?.kind === 'reset_password' || link?.kind === 'invitation';
      if (!isGood || !user || link.expiresAt <= world.clock.now()) return refuse('INVALID_CODE');
      if (user.email !== link.target && user.phone !== link.target) return refuse('INVALID_CODE');
      if (link.kind === 'invitation' && !isExpected(user)) return refuse('INVALID_CODE');
      const isInvited = link.kind === 'invitation';
      reset(world, call, user, new_password, isInvited ? 'auth.invitation_accepted' : 'auth.password_reset');
      world.links.delete(input.token);
      // Where the invitation went is proven by it.
      if (isInvited)
        Object.assign(user, {
          [user.email === link.target ? 'email_verified' : 'phone_verified']: true,
          isProven: true,
        });
    } else if ('change_token' in input) {
      const { user } = openTicket(world, call, 'password_change', input.change_token, { takeTry: false });
      reset(world, call, user, new_password);
      world.tickets.delete(input.change_token);
    } else {
      const target = normalizePhone(input.phone);
      requireGoodPassword(world, new_password, { username: '' }, 'new_password');
      const { code, challenge_id: challengeId } = input;
      const given = { purpose: 'reset_password', targets: [target], code, challengeId };
      const user = findUser(world, { phone: target });
      const challenge = answerChallenge(world, given);
      if (!challenge || !user) return refuseCode(world, call, user);
      // Else whoever was given the number came by a password to what the number alone does not open.
      if (isNumberDoubted(world, user)) return refuse('INVALID_CODE');
      reset(world, call, user, new_password);
      spend(world, challenge);
    }
  },

  'auth.password.change': async (world, { old_password, new_password }, call) => {
    const caller = callingUser(call);
    const user = world.users.get(caller.id) ?? refuse('NOT_FOUND');
    if (old_password === undefined) requireFreshProof(world, caller);
    else
      await guess(
        world,
        call,
        { user, way: 'pwd', refusal: 'INVALID_CREDENTIALS' },
        () => old_password === user.password || null,
      );
    setPassword(world, call, user, new_password, 'auth.password_changed');
    endSessions(world, 'password_changed', ({ id, user_id }) => user_id === user.id && id !== caller.sid);
  },
} satisfies Answers;

/** To prove oneself again by a number that was typed just now would prove nothing. */
function requireOwn({ users }: World, userId: string | undefined, { channel, target }: Contact): void {
  const user = users.get(userId ?? '');
  const isOwn =
    channel === 'sms' ? user?.phone === target && user.phone_verified : user?.email === target && user.email_verified;
  if (!isOwn) refuseField(channel === 'sms' ? 'phone' : 'email', 'is not a verified one of your own');
}

function takeLink({ links, clock }: World, kind: 'verify_email', token: string) {
  const link = links.get(token);
  if (link?.kind !== kind || link.expiresAt <= clock.now()) return refuse('INVALID_CODE');
  links.delete(token);
  return link;
}

/** It ends all sessions and opens none, and opens every lock: its owner has proven themselves. */
function reset(
  world: World,
  call: Call,
  user: UserRecord,
  password: string,
  act: 'auth.password_reset' | 'auth.invitation_accepted' = 'auth.password_reset',
): void {
  if (user.status !== 'active') refuse('ACCOUNT_DISABLED');
  setPassword(world, call, user, password, act);
  endSessions(world, 'password_reset', ({ user_id }) => user_id === user.id);
  for (const [key, { user_id }] of world.apiKeys) if (user_id === user.id) world.apiKeys.delete(key);
  world.failures.delete(user.id);
}

function setPassword(world: World, call: Call, user: UserRecord, password: string, act: string): void {
  requireGoodReplacement(world, user, password);
  storePassword(world, user, password);
  for (const held of [world.tickets, world.challenges, world.codes])
    for (const [key, { userId }] of held) if (userId === user.id) held.delete(key);
  // Who could read the mailbox for a while holds links that were asked for then.
  for (const [token, { kind, userId }] of world.links)
    if (userId === user.id && kind !== 'verify_email') world.links.delete(token);
  raiseEpoch(world, user);
  const { id } = user;
  const actor = { kind: 'user', id, sid: null } as const;
  recordAct(world, call, { act, target: { kind: 'user', id }, ...(call.caller ? {} : { actor }) });
}

function refuseCode(world: World, call: Call, user: UserRecord | undefined): never {
  recordAct(world, call, {
    act: 'auth.password_reset',
    outcome: 'failure',
    target: { kind: 'user', id: user?.id ?? null },
    details: { method: 'sms' },
  });
  return refuse('INVALID_CODE');
}
