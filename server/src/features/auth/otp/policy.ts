// One-time codes: how long, how often, and to whom one is really sent.
import type { ChallengePurpose } from './repository.ts';

/** In ms. */
export const CODE_LIFE = 5 * 60_000;
/** Wrong codes that one challenge bears. */
export const MAX_CODE_TRIES = 5;
/** Seconds until another may be asked for. */
export const RESEND_AFTER = 60;

export interface TargetFacts {
  readonly channel: 'sms' | 'email';
  /** An account holds the target and has proven it. */
  readonly isHeld: boolean;
}

/**
 * Whether a message goes out. The caller is answered alike in any case.
 * An unknown number is registered by its code, so it gets one; an unknown mailbox is nobody's to write to.
 */
export function isSent(purpose: ChallengePurpose, { channel, isHeld }: TargetFacts): boolean {
  if (purpose === 'bind' || purpose === 'register') return true;
  if (purpose === 'login' && channel === 'sms') return true;
  return isHeld;
}
