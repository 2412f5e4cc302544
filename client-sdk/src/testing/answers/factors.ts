// auth.mfa: enrolling an authenticator app, proving it, giving it up, backup codes; and what finishes a sign-in that asked for more.
import type { SignInResult, VerifyMfaInput } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { addFactor } from '../factors/add-factor.ts';
import { changeFactors, listFactors, requireFactorLeft } from '../factors/factor-changes.ts';
import { checkFactor, type Shown } from '../factors/factor-proofs.ts';
import { newBackupCodes, readBackupCode } from '../factors/factors.ts';
import { readHolder } from '../factors/holder.ts';
import { ISSUER_NAME, listPasskeys } from '../factors/passkeys.ts';
import { findTotpStep, newTotpSecret, writeTotpUrl } from '../factors/totp.ts';
import { callingUser } from '../people/calling-user.ts';
import { recordRegistration } from '../people/registration.ts';
import { addUser, proveNumber, raiseEpoch } from '../people/users.ts';
import { newUsername } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse, refuseField } from '../refusal.ts';
import { answerChallenge, spend } from '../sign-in/challenges.ts';
import { proceed, requireUnlocked, tryProof } from '../sign-in/sign-in.ts';
import { consume, type OpenTicket, openTicket } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';

/** How long an enrolment waits for its first code, in ms. */
const PENDING_LIFE = 15 * 60_000;

export const factorAnswers = {
  // A second enrolment takes the place of one that was not proven; an app that is active stays so until the new one is.
  'auth.mfa.enroll': (world, { setup_token }, call) => {
    const { user } = readHolder(world, call, setup_token, { takeTry: false });
    const secret = newTotpSecret();
    user.factors = { ...user.factors, pending: { secret, createdAt: world.clock.now() } };
    const otpauth_url = writeTotpUrl(secret, user.username, ISSUER_NAME);
    return { method: 'totp' as const, secret, otpauth_url, expires_in: PENDING_LIFE / 1000 };
  },

  'auth.mfa.activate': async (world, { code, setup_token }, call) => {
    const holder = readHolder(world, call, setup_token, { takeTry: true });
    const { user } = holder;
    const { pending } = user.factors;
    const now = world.clock.now();
    if (!pending || now.getTime() - pending.createdAt.getTime() > PENDING_LIFE)
      return refuse('INVALID_CODE', { detail: 'No enrolment waits for a code, begin again' });
    const lastStep = await tryProof(world, call, { user, way: 'totp', refusal: 'INVALID_CODE' }, () =>
      findTotpStep(pending.secret, code.replaceAll(/\s/g, ''), now),
    );
    // Of two that prove it at once one has.
    if (user.factors.pending !== pending) return refuse('INVALID_CODE');
    const factors = { ...user.factors, app: { secret: pending.secret, lastStep }, pending: null };
    return addFactor(world, call, holder, { kind: 'totp', method: 'otp', factors });
  },

  'auth.mfa.verify': async (world, input, call) => {
    const open = openTicket(world, call, 'mfa', input.mfa_token, { takeTry: true });
    const { ticket, user } = open;
    if (!ticket.offered.includes(input.method)) refuseField('method', `must be one of ${ticket.offered.join(', ')}`);
    if (input.method === 'new_account') return takeOverNumber(world, call, open);
    const proof = await tryProof(world, call, { user, way: input.method, refusal: 'INVALID_CODE' }, () =>
      check(world, open, input),
    );
    const { methods, wishes, clientId, phone } = ticket;
    return proceed(world, call, {
      user,
      methods: [...methods, ...proof.methods],
      wishes,
      clientId,
      before() {
        consume(world, open);
        proof.spend();
        if (phone !== null && phone === user.phone) proveNumber(world, user);
      },
    });
  },

  'auth.mfa.disable': (world, _input, call) => {
    const user = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    if (!user.factors.app) refuse('NOT_FOUND', { detail: 'No authenticator app is enrolled' });
    requireFactorLeft(world, user, listPasskeys(world, user.id).length > 0);
    const factors = { ...user.factors, app: null };
    changeFactors(world, call, user, factors, { act: 'auth.factor_removed', factor: 'totp' });
  },

  'auth.mfa.backupCodes': (world, _input, call) => {
    const user = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    if (listFactors(world, user).length === 0) refuse('NOT_FOUND', { detail: 'No second factor is enrolled' });
    const backup_codes = newBackupCodes();
    const factors = { ...user.factors, backupCodes: backup_codes.map(readBackupCode) };
    changeFactors(world, call, user, factors, { act: 'auth.backup_codes_renewed', factor: 'backup_codes' });
    return { backup_codes };
  },
} satisfies Answers;

type Proof = Exclude<VerifyMfaInput, { method: 'new_account' }>;

async function check(world: World, { ticket, user }: OpenTicket, input: Proof): Promise<Shown | null> {
  if (input.method === 'passkey') return checkFactor(world, user, { ...input, purpose: 'mfa' });
  if (input.method !== 'email') return checkFactor(world, user, { method: input.method, code: input.code });
  // Not a second factor: it tells who has come by the number from whose it was.
  const challengeId = ticket.challengeId ?? '';
  const given = { purpose: 'confirm', targets: [user.email], code: input.code, challengeId };
  const challenge = answerChallenge(world, given);
  return challenge && { methods: ['email'], spend: () => spend(world, challenge) };
}

/** A number that has passed to somebody else: its new holder gets an account of their own, and the old one loses it and keeps all else. */
async function takeOverNumber(world: World, call: Call, open: OpenTicket): Promise<SignInResult> {
  const { user: old, ticket } = open;
  const { phone, methods, wishes, clientId } = ticket;
  if (phone === null) return refuse('INVALID_CODE');
  requireUnlocked(world, phone);
  if (old.phone !== phone) refuse('INVALID_CODE');
  consume(world, open);
  Object.assign(old, { phone: null, phone_verified: false });
  raiseEpoch(world, old);
  recordAct(world, call, {
    act: 'auth.number_moved',
    target: { kind: 'user', id: old.id },
    actor: { kind: 'user', id: old.id, sid: null },
  });
  const user = addUser(world, { username: newUsername(), phone });
  recordRegistration(world, call, user, 'sms');
  return proceed(world, call, { user, methods, wishes, clientId, key: phone });
}
