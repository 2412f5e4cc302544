// What a sign-in still lacks when somebody has proven who they are, by the ways that they have shown.
import type { MfaMethod } from '@authcenter/shared/schemas';
import { listFactors, mustHaveFactor } from '../factors/factor-changes.ts';
import { mustChangePassword } from '../people/passwords.ts';
import type { UserRecord } from '../people/users.ts';
import type { World } from '../world.ts';

export type NextStep =
  | { readonly step: 'open' }
  | { readonly step: 'mfa'; readonly methods: readonly MfaMethod[] }
  | { readonly step: 'mfa_setup' }
  | { readonly step: 'password_change' };

/** Mark of a session whose holder has shown two factors (RFC 8176). */
export const TWO_FACTORS = 'mfa';

/** Carriers give a number to somebody else after some months without use. In ms. */
const NUMBER_IDLE = 90 * 86_400_000;

const hasOtherAddress = ({ email, email_verified }: UserRecord): boolean => email !== null && email_verified;

/**
 * Whether the phone number alone does not open the account: it may have passed to somebody else, and there is another proof to ask for; or
 * it may never have been the owner's.
 */
export function isNumberDoubted(world: World, user: UserRecord): boolean {
  const { phone_verified, last_login_at, identities, created_at } = user;
  const isForeign = !phone_verified && (last_login_at !== null || identities.length > 0);
  const idle = world.clock.now().getTime() - (last_login_at ?? created_at).getTime();
  return isForeign || (idle > NUMBER_IDLE && (hasOtherAddress(user) || listFactors(world, user).length > 0));
}

/** @param methods - what has been shown so far, in order: `pwd`, `sms`, …; `mfa` once two factors have */
export function decideNextStep(world: World, user: UserRecord, methods: readonly string[]): NextStep {
  const isDoubted = methods.length === 1 && methods[0] === 'sms' && isNumberDoubted(world, user);
  const hasTwo = methods.includes(TWO_FACTORS);
  const factors = listFactors(world, user);
  if (factors.length > 0 && !hasTwo) {
    const backup = user.factors.backupCodes.length > 0 ? (['backup_code'] as const) : [];
    return { step: 'mfa', methods: [...factors, ...backup, ...(isDoubted ? ['new_account' as const] : [])] };
  }
  if (isDoubted) return { step: 'mfa', methods: [...(hasOtherAddress(user) ? ['email' as const] : []), 'new_account'] };
  if (mustHaveFactor(world, user) && !hasTwo) return { step: 'mfa_setup' };
  if (mustChangePassword(world, user) && methods.includes('pwd')) return { step: 'password_change' };
  return { step: 'open' };
}
