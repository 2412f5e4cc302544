// One's own addresses, proven by the code sent there or given up; and leaving.

import type { Answers } from '../answers.ts';
import { requireAnotherAdmin } from '../people/acting.ts';
import { callingUser } from '../people/calling-user.ts';
import { takeUnprovenAddress } from '../people/take-address.ts';
import { findUser, raiseEpoch, refuseTaken, toUser, type UserRecord } from '../people/users.ts';
import { requireOtherWay } from '../people/ways-in.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { answerChallenge, type Contact, spend, toContact } from '../sign-in/challenges.ts';
import { endSessions } from '../sign-in/sessions.ts';
import { guess } from '../sign-in/sign-in.ts';
import type { World } from '../world.ts';

/** In ms. */
const GRACE = 15 * 86_400_000;

export const contactAnswers = {
  'auth.contact.bind': async (world, input, call) => {
    const { id: userId } = callingUser(call);
    const user = world.users.get(userId) ?? refuse('NOT_FOUND');
    const contact = toContact(input);
    const { code, challenge_id: challengeId } = input;
    const field = fieldOf(contact);
    await guess(world, call, { user, way: 'bind', refusal: 'INVALID_CODE' }, () => {
      const challenge = answerChallenge(world, {
        purpose: 'bind',
        targets: [contact.target],
        code,
        challengeId,
        userId,
      });
      // What is refused from here on spends neither the code nor counts as a guess.
      if (challenge) bind(world, user, contact);
      if (challenge) spend(world, challenge);
      return challenge;
    });
    recordAct(world, call, {
      act: 'auth.contact_bound',
      target: { kind: 'user', id: userId },
      details: { contact: field },
    });
    return toUser(user, world.clock.now());
  },

  'auth.contact.remove': (world, { contact: field }, call) => {
    const { id } = callingUser(call);
    const user = world.users.get(id) ?? refuse('NOT_FOUND');
    if (user[field] === null) refuse('NOT_FOUND', { detail: 'There is none' });
    requireOtherWay(world, user, field);
    Object.assign(user, { [field]: null, [`${field}_verified`]: false });
    raiseEpoch(world, user);
    recordAct(world, call, {
      act: 'auth.contact_removed',
      target: { kind: 'user', id },
      details: { contact: field },
    });
  },

  'auth.account.delete': (world, _input, call) => {
    const { id } = callingUser(call);
    const user = world.users.get(id) ?? refuse('NOT_FOUND');
    requireAnotherAdmin(world, user);
    const deletion_due_at = new Date(world.clock.now().getTime() + GRACE);
    user.deletion_due_at = deletion_due_at;
    raiseEpoch(world, user);
    endSessions(world, 'user_deleted', ({ user_id }) => user_id === id);
    recordAct(world, call, {
      act: 'auth.account_deletion_requested',
      target: { kind: 'user', id },
      details: { deletion_due_at },
    });
    if (call.refreshCookie !== null) call.setRefreshCookie(null);
    return { deletion_due_at };
  },
} satisfies Answers;

const fieldOf = ({ channel }: Contact): 'email' | 'phone' => (channel === 'sms' ? 'phone' : 'email');

/** @throws Refusal ALREADY_EXISTS when another account has proven it: only who holds it learns so */
function bind(world: World, user: UserRecord, contact: Contact): void {
  const field = fieldOf(contact);
  if (field === 'email') takeUnprovenAddress(world, contact.target, user);
  const holder = findUser(world, { [field]: contact.target });
  if (holder && holder !== user) refuseTaken([field]);
  Object.assign(user, { [field]: contact.target, [`${field}_verified`]: true, isProven: true });
  raiseEpoch(world, user);
}
