// What a sign-in still lacks when somebody has proven who they are: pure, over facts and the ways they have shown.
import type { MfaMethod } from './schemas.ts';

export interface SignInFacts {
  /** Second factors that are enrolled. */
  readonly factors: readonly ('totp' | 'passkey')[];
  readonly hasBackupCodes: boolean;
  /** A role of theirs demands one. */
  readonly mustHaveFactor: boolean;
  /** A verified address beside the phone number. */
  readonly hasOtherAddress: boolean;
  /** The number was typed by somebody else, and the account has an owner already: they signed in before. */
  readonly isNumberForeign: boolean;
  /** When they last signed in; of who never did, when the account came to be. */
  readonly lastSeenAt: Date;
  /** The password was set by somebody else, or has grown too old. */
  readonly mustChangePassword: boolean;
}

export type NextStep =
  | { readonly step: 'open' }
  | { readonly step: 'mfa'; readonly methods: readonly MfaMethod[] }
  | { readonly step: 'mfa_setup' }
  | { readonly step: 'password_change' };

/** Mark of a session whose holder has shown two factors (RFC 8176). */
export const TWO_FACTORS = 'mfa';

/** Carriers give a number to somebody else after some months without use; 90 days is the shortest term in China. In ms. */
const NUMBER_IDLE = 90 * 24 * 3_600_000;

/**
 * Whether the phone number alone does not open the account: it may have passed to somebody else, and there is another proof to
 * ask for; or it may never have been the owner's.
 */
export const isNumberDoubted = (facts: SignInFacts, now: Date): boolean =>
  facts.isNumberForeign ||
  (now.getTime() - facts.lastSeenAt.getTime() > NUMBER_IDLE && (facts.hasOtherAddress || facts.factors.length > 0));

/**
 * @param methods - what has been shown so far, in order: `pwd`, `sms`, …; `mfa` once two factors have
 * @example
 * decideNextStep({ ...facts, factors: ['totp'] }, ['pwd'], now); // { step: 'mfa', methods: ['totp', …] }
 */
export function decideNextStep(facts: SignInFacts, methods: readonly string[], now: Date): NextStep {
  const isDoubted = methods.length === 1 && methods[0] === 'sms' && isNumberDoubted(facts, now);
  const hasTwo = methods.includes(TWO_FACTORS);
  if (facts.factors.length > 0 && !hasTwo) {
    const backup = facts.hasBackupCodes ? (['backup_code'] as const) : [];
    return { step: 'mfa', methods: [...facts.factors, ...backup, ...(isDoubted ? ['new_account' as const] : [])] };
  }
  if (isDoubted) return { step: 'mfa', methods: [...(facts.hasOtherAddress ? ['email' as const] : []), 'new_account'] };
  if (facts.mustHaveFactor && !hasTwo) return { step: 'mfa_setup' };
  if (facts.mustChangePassword && methods.includes('pwd')) return { step: 'password_change' };
  return { step: 'open' };
}
