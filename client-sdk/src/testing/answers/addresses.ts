// One-time codes, mailed links, and passwords forgotten and changed.
import { requireFreshProof } from '../access.ts';
import type { Answers } from '../answers.ts';
import { authenticate } from '../authenticate.ts';
import type { Call } from '../call.ts';
import { callingUser } from '../calling-user.ts';
import { answerChallenge, CODE_LIFE, type Contact, sendCode, sendLink, spend } from '../challenges.ts';
import { requireGoodPassword } from '../passwords.ts';
import { normalizePhone } from '../phone.ts';
import { refuse, refuseField } from '../refusal.ts';
import { endSessions } from '../sessions.ts';
import { guess, readTicket } from '../sign-in.ts';
import { addUser, findUser, raiseEpoch, type UserRecord } from '../users.ts';
import type { World } from '../world.ts';

const toContact = (typed: { readonly phone: string } | { readonly email: string }): Contact =>
  'phone' in typed
    ? { channel: 'sms', target: normalizePhone(typed.phone) }
    : { channel: 'email', target: typed.email };

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
    const challenge_id = sendCode(world, purpose, contact, userId);
    return { challenge_id, expires_in: CODE_LIFE, resend_after: RESEND_AFTER };
  },

  'auth.email.verify': (world, { token }) => {
    const link = takeLink(world, 'verify_email', token);
    const holder = findUser(world, { email: link.target });
    if (link.pending) {
      if (holder?.email_verified) refuse('INVALID_CODE');
      // Whoever held the address unproven loses it.
      if (holder) {
        Object.assign(holder, { email: null, password: null });
        endSessions(world, ({ user_id }) => user_id === holder.id);
        raiseEpoch(world, holder);
      }
      addUser(world, { ...link.pending, email: link.target, email_verified: true });
    } else {
      if (!holder || holder.id !== link.userId || holder.email_verified) return refuse('INVALID_CODE');
      holder.email_verified = true;
      raiseEpoch(world, holder);
    }
    for (const [key, other] of world.links)
      if (other.kind === 'verify_email' && other.target === link.target) world.links.delete(key);
    return { status: 'verified' as const };
  },

  'auth.email.resend': (world, { email }) => {
    const user = findUser(world, { email });
    if (user && !user.email_verified)
      sendLink(world, { kind: 'verify_email', target: email, userId: user.id }, VERIFY_LIFE);
  },

  'auth.password.forgot': (world, input) => {
    const contact = toContact(input);
    if (contact.channel === 'sms') return void sendCode(world, 'reset_password', contact);
    const user = findUser(world, { email: contact.target });
    if (user) sendLink(world, { kind: 'reset_password', target: contact.target, userId: user.id }, RESET_LIFE);
  },

  'auth.password.reset': (world, input) => {
    const { new_password } = input;
    if ('token' in input) {
      const link = world.links.get(input.token);
      const user = world.users.get(link?.userId ?? '');
      if (!link || !user || link.kind === 'verify_email' || link.expiresAt <= world.clock.now())
        return refuse('INVALID_CODE');
      if (user.email !== link.target && user.phone !== link.target) return refuse('INVALID_CODE');
      if (link.kind === 'invitation' && !isExpected(user)) return refuse('INVALID_CODE');
      reset(world, user, new_password);
      world.links.delete(input.token);
    } else if ('change_token' in input) {
      const { user } = readTicket(world, 'password_change', input.change_token);
      if (user.password === new_password) refuseField('new_password', 'was used before');
      reset(world, user, new_password);
      world.tickets.delete(input.change_token);
    } else {
      const target = normalizePhone(input.phone);
      requireGoodPassword(new_password, { username: '' }, 'new_password');
      const { code, challenge_id: challengeId } = input;
      const challenge = answerChallenge(world, { purpose: 'reset_password', targets: [target], code, challengeId });
      const user = findUser(world, { phone: target });
      if (!challenge || !user) return refuse('INVALID_CODE');
      reset(world, user, new_password);
      spend(world, challenge);
    }
  },

  'auth.password.change': (world, { old_password, new_password }, call) => {
    const caller = callingUser(call);
    const user = world.users.get(caller.id) ?? refuse('NOT_FOUND');
    if (old_password === undefined) requireFreshProof(world, caller);
    else guess(world, user.id, 'INVALID_CREDENTIALS', () => old_password === user.password || null);
    setPassword(world, user, new_password);
    endSessions(world, ({ id, user_id }) => user_id === user.id && id !== caller.sid);
  },
} satisfies Answers;

/** Was given the account and has never been in it. */
const isExpected = ({ status, password, last_login_at }: UserRecord): boolean =>
  status === 'active' && password === null && last_login_at === null;

async function requireUser(world: World, { bearer }: Call) {
  const caller = await authenticate(world, bearer);
  return caller?.kind === 'user' ? caller : refuse('UNAUTHENTICATED');
}

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
function reset(world: World, user: UserRecord, password: string): void {
  if (user.status !== 'active') refuse('ACCOUNT_DISABLED');
  setPassword(world, user, password);
  endSessions(world, ({ user_id }) => user_id === user.id);
  for (const [key, { user_id }] of world.apiKeys) if (user_id === user.id) world.apiKeys.delete(key);
  world.failures.delete(user.id);
}

function setPassword(world: World, user: UserRecord, password: string): void {
  requireGoodPassword(password, { ...user, name: user.profile.name }, 'new_password');
  Object.assign(user, { password, mustChangePassword: false });
  for (const [token, { userId }] of world.tickets) if (userId === user.id) world.tickets.delete(token);
  raiseEpoch(world, user);
}
