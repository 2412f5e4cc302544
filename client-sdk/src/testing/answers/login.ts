// auth.login, auth.register and what finishes a sign-in.
import type { LoginInput, RegisterInput, RegisterResult, SessionWishes } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { answerChallenge, sendLink, spend } from '../challenges.ts';
import { requireGoodPassword } from '../passwords.ts';
import { normalizePhone } from '../phone.ts';
import { newNumber } from '../random.ts';
import { refuse } from '../refusal.ts';
import { requireOwnOrigin } from '../sessions.ts';
import { guess, proceed, proceedAnew, readTicket } from '../sign-in.ts';
import { unanswered } from '../unanswered.ts';
import { addUser, findUser } from '../users.ts';
import type { World } from '../world.ts';

export const loginAnswers = {
  'auth.login': (world, input, call) => {
    if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
    if ('password' in input) return loginByPassword(world, input, call);
    if ('code' in input) return loginByCode(world, input, call);
    // Magic links are off unless a server is told otherwise.
    if ('magic_token' in input) return refuse('INVALID_CODE');
    throw unanswered('auth.login', 'keeps no passkeys');
  },

  'auth.register': (world, input, call) => {
    if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
    return 'code' in input ? registerByPhone(world, input, call) : registerByEmail(world, input, call);
  },

  'auth.mfa.verify': (world, input, call) => {
    const { ticket, user } = readTicket(world, 'mfa', input.mfa_token);
    if (input.method !== 'totp') throw unanswered('auth.mfa.verify', `knows no ${input.method}`);
    if (ticket.tries++ >= 5) refuse('INVALID_CODE');
    guess(world, user.id, 'INVALID_CODE', () => input.code === user.totp || null);
    world.tickets.delete(input.mfa_token);
    const { methods, wishes, clientId } = ticket;
    return proceed(world, call, { user, methods: [...methods, 'totp', 'mfa'], wishes, clientId });
  },
} satisfies Answers;

type With<Input, Field extends string> = Extract<Input, Record<Field, unknown>>;

function loginByPassword(world: World, input: With<LoginInput, 'password'>, call: Call) {
  const name =
    'email' in input
      ? { email: input.email }
      : 'phone' in input
        ? { phone: normalizePhone(input.phone) }
        : // What looks like an address is one.
          { [input.username.includes('@') ? 'email' : 'username']: input.username };
  const user = findUser(world, name);
  const mustVerify = user?.status === 'active' && world.options.emailVerification === 'required' && user.email !== null;
  const proven = guess(world, user?.id ?? Object.values(name).join(), 'INVALID_CREDENTIALS', () => {
    if (user?.password !== input.password) return null;
    if (mustVerify && !user.email_verified && !user.phone_verified) refuse('EMAIL_NOT_VERIFIED');
    return user;
  });
  return proceed(world, call, { user: proven, methods: ['pwd'], wishes: input });
}

function loginByCode(world: World, input: With<LoginInput, 'code'>, call: Call) {
  const isPhone = 'phone' in input;
  const target = isPhone ? normalizePhone(input.phone) : input.email;
  const user = findUser(world, isPhone ? { phone: target } : { email: target });
  const challenge = guessCode(world, user?.id ?? target, 'login', target, input);
  // Only a proven mailbox opens an account, and none makes one.
  if (!isPhone && !user?.email_verified) return refuse('INVALID_CODE');
  spend(world, challenge);
  if (!user) return openByPhone(world, call, target, null, input);
  if (isPhone) user.phone_verified = true;
  return proceed(world, call, { user, methods: [challenge.channel], wishes: input });
}

function guessCode(
  world: World,
  key: string,
  purpose: string,
  target: string,
  { code, challenge_id: challengeId }: { readonly code: string; readonly challenge_id?: string | undefined },
) {
  return guess(world, key, 'INVALID_CODE', () =>
    answerChallenge(world, { purpose, targets: [target], code, challengeId }),
  );
}

function registerByPhone(world: World, input: With<RegisterInput, 'code'>, call: Call) {
  const phone = normalizePhone(input.phone);
  const holder = findUser(world, { phone });
  const challenge = guessCode(world, holder?.id ?? phone, 'register', phone, input);
  if (holder) return refuseTaken('phone', 'The phone number has an account: sign in');
  spend(world, challenge);
  return openByPhone(world, call, phone, input.name ?? null, input);
}

/** An account that begins with a number has a name that was made up. */
function openByPhone(world: World, call: Call, phone: string, name: string | null, wishes: SessionWishes) {
  const letters = Array.from({ length: 10 }, () => 'abcdefghijklmnopqrstuvwxyz234567'[newNumber(0, 32)]);
  const user = addUser(world, { username: `u_${letters.join('')}`, phone, name });
  return proceedAnew(world, call, { user, methods: ['sms'], wishes });
}

const refuseTaken = (field: string, detail: string): never =>
  refuse('ALREADY_EXISTS', { detail, errors: [{ path: field, message: 'is taken' }] });

/** A link is good for a day. */
const LINK_LIFE = 24 * 3_600_000;

async function registerByEmail(world: World, input: With<RegisterInput, 'email'>, call: Call): Promise<RegisterResult> {
  const { username, email, password, name = null } = input;
  const mode = world.options.emailVerification ?? 'optional';
  requireGoodPassword(password, { username, email, name }, 'password');
  const isWaiting = [...world.links.values()].some(({ pending }) => pending?.username === username);
  if (findUser(world, { username }) || isWaiting) return refuseTaken('username', 'The user name is taken');
  const holder = findUser(world, { email });
  if (holder) {
    if (mode === 'off' || (mode === 'optional' && holder.email_verified))
      return refuseTaken('email', 'The e-mail address is taken');
    // Of a proven one its owner is told; an unproven one is whose link is opened first.
    const pending = { username, name, password };
    if (!holder.email_verified)
      sendLink(world, { kind: 'verify_email', target: email, userId: null, pending }, LINK_LIFE);
    return { status: 'verification_required' };
  }
  const user = addUser(world, { username, email, password, name });
  if (mode !== 'off') sendLink(world, { kind: 'verify_email', target: email, userId: user.id }, LINK_LIFE);
  if (mode === 'required') return { status: 'verification_required' };
  return proceedAnew(world, call, { user, methods: ['pwd'], wishes: input });
}
