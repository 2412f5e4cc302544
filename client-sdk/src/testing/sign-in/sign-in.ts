// Where every way in goes on once somebody has proven who they are, and the lock in front of what can be guessed.
import type { MfaSetupRequired, SignedIn, SignInResult } from '@authcenter/shared/schemas';
import type { NextStep } from '@authcenter/shared/sign-in';
import type { Call, CallInfo } from '../call.ts';
import type { UserRecord } from '../people/users.ts';
import { newSecret } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { sendCode } from './challenges.ts';
import { findNextStep } from './next-step.ts';
import { type Opening, openSession } from './sessions.ts';

export interface Proven extends Opening {
  /** Whose failures a sign-in that opens makes forgotten; default: the account's. */
  readonly key?: string;
  /** First, whatever comes next: spends the code. */
  before?(): void;
}

/** How long an unfinished sign-in may take, in seconds. */
const TICKET_LIFE = { mfa: 300, mfa_setup: 900, password_change: 900 } as const;

/** Refused, asked for more, or signed in. */
export async function proceed(world: World, call: CallInfo, proven: Proven): Promise<SignInResult> {
  const { user, methods, key = user.id } = proven;
  if (user.status !== 'active') refuse('ACCOUNT_DISABLED');
  const next = findNextStep(world, user, methods);
  proven.before?.();
  if (next.step !== 'open') return askForMore(world, proven, next);
  world.failures.delete(key);
  return openSession(world, call, proven);
}

/** Into an account that was just made: it has no factor to ask for yet, and its password is new. */
export async function proceedAnew(world: World, call: CallInfo, proven: Proven): Promise<SignedIn | MfaSetupRequired> {
  const result = await proceed(world, call, proven);
  if (result.status === 'ok' || result.status === 'mfa_setup_required') return result;
  throw new Error(`a new account was asked for more: ${result.status}`);
}

type MoreToShow = Exclude<NextStep, { step: 'open' }>;

function askForMore(world: World, { user, methods, wishes, clientId = null }: Proven, next: MoreToShow): SignInResult {
  const token = newSecret();
  const offered = next.step === 'mfa' ? next.methods : [];
  const expires_in = TICKET_LIFE[next.step];
  world.tickets.set(token, {
    kind: next.step,
    userId: user.id,
    methods,
    offered,
    phone: offered.includes('new_account') ? user.phone : null,
    challengeId:
      offered.includes('email') && user.email !== null
        ? sendCode(world, 'confirm', { channel: 'email', target: user.email })
        : null,
    wishes,
    clientId,
    expiresAt: new Date(world.clock.now().getTime() + expires_in * 1000),
    tries: 0,
  });
  switch (next.step) {
    case 'mfa':
      return { status: 'mfa_required', mfa_token: token, methods: [...offered], expires_in };
    case 'mfa_setup':
      return { status: 'mfa_setup_required', setup_token: token, methods: ['totp', 'passkey'], expires_in };
    case 'password_change':
      return { status: 'password_change_required', change_token: token, expires_in };
  }
}

export interface Try {
  readonly user: UserRecord | undefined;
  /** What was typed: who is unknown is counted by it. */
  readonly typed?: string;
  /** `pwd`, `sms`, `totp`, … */
  readonly way: string;
  readonly refusal: 'INVALID_CREDENTIALS' | 'INVALID_CODE';
}

/**
 * A try under the lock of what it is about; what is right opens nothing by itself, and the failures before it stay counted.
 *
 * @param look - looks at what was shown; null: it is wrong
 * @returns what it found
 * @throws Refusal ACCOUNT_LOCKED, or the one named
 */
export async function tryProof<T>(
  world: World,
  call: Call,
  { user, typed = '', way, refusal }: Try,
  look: () => T | null | Promise<T | null>,
): Promise<T> {
  const key = user?.id ?? typed;
  requireUnlocked(world, key);
  const found = await look();
  if (found !== null) return found;
  const locked = countFailure(world, key);
  recordAct(world, call, {
    act: 'auth.login',
    outcome: 'failure',
    target: { kind: 'user', id: user?.id ?? null },
    details: { method: way, identifier: key, locked },
  });
  return refuse(refusal);
}

/** The same, where what is right is the end of it: the failures before are forgotten. */
export async function guess<T>(world: World, call: Call, about: Try, look: () => T | null): Promise<T> {
  const found = await tryProof(world, call, about, look);
  world.failures.delete(about.user?.id ?? about.typed ?? '');
  return found;
}

/** @returns whether it closed a lock */
function countFailure({ failures, clock, settings }: World, key: string): boolean {
  const [now, most] = [clock.now(), settings.get('security.max_login_attempts')];
  const count = (failures.get(key)?.count ?? 0) + 1;
  const until = new Date(now.getTime() + settings.get('security.lockout_duration'));
  failures.set(key, { count, at: now, lockedUntil: count >= most ? until : null });
  return count >= most;
}

/** @throws Refusal ACCOUNT_LOCKED */
export function requireUnlocked({ failures, clock, settings }: World, key: string): void {
  const failed = failures.get(key);
  if (!failed) return;
  const [now, { at, lockedUntil }] = [clock.now().getTime(), failed];
  // A lock lasts as long as it was closed for; failures that closed none are forgotten after that time as well.
  const left = (lockedUntil?.getTime() ?? at.getTime() + settings.get('security.lockout_duration')) - now;
  if (left <= 0) failures.delete(key);
  else if (lockedUntil) refuse('ACCOUNT_LOCKED', { retryAfter: Math.ceil(left / 1000) });
}
