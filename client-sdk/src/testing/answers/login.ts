// auth.login and auth.register.
import type { LoginInput, RegisterInput, RegisterResult, SessionWishes } from '@authcenter/shared/schemas';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { checkAssertion } from '../factors/ceremonies.ts';
import { requireGoodPassword } from '../people/passwords.ts';
import { normalizePhone } from '../people/phone.ts';
import { recordRegistration } from '../people/registration.ts';
import { addUser, findUser, proveNumber, type UserRecord } from '../people/users.ts';
import { newUsername } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { answerChallenge, removeLinks, sendLink, spend } from '../sign-in/challenges.ts';
import { isNumberDoubted } from '../sign-in/next-step.ts';
import { requireOwnOrigin } from '../sign-in/sessions.ts';
import { proceed, proceedAnew, requireUnlocked, tryProof } from '../sign-in/sign-in.ts';
import type { World } from '../world.ts';
import { loginByMagicLink } from './magic-link.ts';

export const loginAnswers = {
  'auth.login': (world, input, call) => {
    if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
    if ('password' in input) return loginByPassword(world, input, call);
    if ('code' in input) return loginByCode(world, input, call);
    if ('magic_token' in input) return loginByMagicLink(world, input, call);
    return loginByPasskey(world, input, call);
  },

  'auth.register': (world, input, call) => {
    if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
    return 'code' in input ? registerByPhone(world, input, call) : registerByEmail(world, input, call);
  },
} satisfies Answers;

type With<Input, Field extends string> = Extract<Input, Record<Field, unknown>>;

async function loginByPassword(world: World, input: With<LoginInput, 'password'>, call: Call) {
  const name =
    'email' in input
      ? { email: input.email }
      : 'phone' in input
        ? { phone: normalizePhone(input.phone) }
        : // What looks like an address is one.
          { [input.username.includes('@') ? 'email' : 'username']: input.username };
  const user = findUser(world, name);
  const mustVerify =
    user?.status === 'active' &&
    world.settings.get('registration.email_verification') === 'required' &&
    user.email !== null;
  const typed = Object.values(name).join();
  const proven = await tryProof(world, call, { user, typed, way: 'pwd', refusal: 'INVALID_CREDENTIALS' }, () => {
    if (user?.password !== input.password) return null;
    if (mustVerify && !user.email_verified && !user.phone_verified) refuse('EMAIL_NOT_VERIFIED');
    return user;
  });
  return proceed(world, call, { user: proven, methods: ['pwd'], wishes: input });
}

async function loginByCode(world: World, input: With<LoginInput, 'code'>, call: Call) {
  const isPhone = 'phone' in input;
  const target = isPhone ? normalizePhone(input.phone) : input.email;
  const user = findUser(world, isPhone ? { phone: target } : { email: target });
  // Only a proven mailbox opens an account, and none makes one.
  const mayOpen = isPhone || user?.email_verified === true;
  const channel = isPhone ? 'sms' : 'email';
  const challenge = await tryCode(world, call, { user, target, channel, purpose: 'login', mayOpen }, input);
  if (!user) {
    spend(world, challenge);
    return openByPhone(world, call, target, null, input);
  }
  // Where it is doubted, what is asked for besides proves it.
  const isProven = isPhone && !isNumberDoubted(world, user);
  const result = await proceed(world, call, {
    user,
    methods: [challenge.channel],
    wishes: input,
    before() {
      spend(world, challenge);
      if (isProven) proveNumber(world, user);
    },
  });
  // The mail may have offered a link, too.
  if (!isPhone && result.status === 'ok') removeLinks(world, 'magic_link', target);
  return result;
}

async function loginByPasskey(world: World, input: With<LoginInput, 'assertion'>, call: Call) {
  const good = await checkAssertion(world, input.assertion, { purpose: 'login', user: null });
  const user = good && world.users.get(good.passkey.user_id);
  if (!user)
    return refuse('INVALID_CREDENTIALS', { detail: 'This passkey is not known here, or its answer came too late' });
  requireUnlocked(world, user.id);
  return proceed(world, call, { user, methods: ['passkey', TWO_FACTORS], wishes: input, before: good.spend });
}

interface SentCode {
  readonly user: UserRecord | undefined;
  readonly target: string;
  readonly channel: 'sms' | 'email';
  readonly purpose: 'login' | 'register';
  readonly mayOpen: boolean;
}

function tryCode(
  world: World,
  call: Call,
  { user, target, channel, purpose, mayOpen }: SentCode,
  { code, challenge_id: challengeId }: { readonly code: string; readonly challenge_id?: string | undefined },
) {
  return tryProof(world, call, { user, typed: target, way: channel, refusal: 'INVALID_CODE' }, () => {
    const challenge = answerChallenge(world, { purpose, targets: [target], code, challengeId });
    return mayOpen ? challenge : null;
  });
}

async function registerByPhone(world: World, input: With<RegisterInput, 'code'>, call: Call) {
  const phone = normalizePhone(input.phone);
  const holder = findUser(world, { phone });
  const sent = { user: holder, target: phone, channel: 'sms', purpose: 'register', mayOpen: true } as const;
  const challenge = await tryCode(world, call, sent, input);
  if (holder) return refuseTaken('phone', 'The phone number has an account: sign in');
  spend(world, challenge);
  return openByPhone(world, call, phone, input.name ?? null, input);
}

/** An account that begins with a number has a name that was made up. */
function openByPhone(world: World, call: Call, phone: string, name: string | null, wishes: SessionWishes) {
  const user = addUser(world, { username: newUsername(), phone, name });
  recordRegistration(world, call, user, 'sms');
  return proceedAnew(world, call, { user, methods: ['sms'], wishes, key: phone });
}

const refuseTaken = (field: string, detail: string): never =>
  refuse('ALREADY_EXISTS', { detail, errors: [{ path: field, message: 'is taken' }] });

/** A link is good for a day. */
const LINK_LIFE = 24 * 3_600_000;

async function registerByEmail(world: World, input: With<RegisterInput, 'email'>, call: Call): Promise<RegisterResult> {
  const { username, email, password, name = null } = input;
  const mode = world.settings.get('registration.email_verification');
  requireGoodPassword(world, password, { username, email, name }, 'password');
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
  recordAct(world, call, { act: 'auth.register', target: { kind: 'user', id: user.id }, details: { username } });
  if (mode !== 'off') sendLink(world, { kind: 'verify_email', target: email, userId: user.id }, LINK_LIFE);
  if (mode === 'required') return { status: 'verification_required' };
  return proceedAnew(world, call, { user, methods: ['pwd'], wishes: input });
}
