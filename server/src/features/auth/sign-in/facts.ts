// From a user as stored to the facts that a sign-in is decided by.
import { isLive } from '@authcenter/shared';
import type { SignInFacts } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import { NEVER, type UserDocument } from '../../users/document.ts';
import { isPasswordTooOld } from '../password/policy.ts';

type FactsCtx = Ctx<'config' | 'live' | 'clock', Caller | null>;

export function readFacts(ctx: FactsCtx, user: UserDocument): SignInFacts {
  const { two_factor: twoFactor } = user.security;
  const { last_login_at: lastSignInAt } = user.login_history;
  return {
    factors: listFactors(user),
    hasBackupCodes: (twoFactor?.backup_codes.length ?? 0) > 0,
    mustHaveFactor: mustHaveFactor(ctx, user),
    hasOtherAddress: user.email !== undefined && user.email_verified,
    isNumberForeign: !user.phone_verified && (isKnown(lastSignInAt) || (user.identities ?? []).length > 0),
    // Who was imported or invited and never came may have lost the number as well.
    lastSeenAt: isKnown(lastSignInAt) ? lastSignInAt : user.created_at,
    mustChangePassword:
      user.password_change_required === true ||
      isPasswordTooOld(user.security.password_changed_at, ctx.config.security, ctx.clock.now()),
  };
}

const isKnown = (at: Date): boolean => at.getTime() !== NEVER.getTime();

/** The second factors a user has enrolled. */
export function listFactors({ security: { two_factor: twoFactor } }: UserDocument): ('totp' | 'passkey')[] {
  return [
    ...(twoFactor?.totp ? ['totp' as const] : []),
    ...((twoFactor?.passkeys ?? 0) > 0 ? ['passkey' as const] : []),
  ];
}

/** A role of theirs demands a second factor. */
export function mustHaveFactor({ config, live, clock }: FactsCtx, user: UserDocument): boolean {
  const now = clock.now();
  const demanding = config.security.mfa_required_roles;
  return (
    demanding.length > 0 &&
    user.roles.some(
      (grant) =>
        isLive(grant, now) && demanding.includes(live.roles().byId.get(grant.role_id.toHexString())?.name ?? ''),
    )
  );
}
