// Keeps an account from losing its last way in.
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { type AccountFacts, listWaysIn, type WayIn } from './policy.ts';

type WaysCtx = Ctx<'config', Caller | null>;

const readFactsOf = ({ config }: WaysCtx, user: UserDocument): AccountFacts => ({
  hasPassword: user.password_hash !== undefined,
  hasVerifiedEmail: user.email !== undefined && user.email_verified,
  hasVerifiedPhone: user.phone !== undefined && user.phone_verified,
  isHeldBack: config.registration.email_verification === 'required' && user.email !== undefined && !user.email_verified,
  passkeys: user.security.two_factor?.passkeys ?? 0,
  // One that is not configured any more lets nobody in.
  identities: (user.identities ?? [])
    .map(({ provider }) => provider)
    .filter((provider) => Object.hasOwn(config.oauth.providers, provider)),
});

/** @throws AppError LAST_CREDENTIAL when without this one there is none */
export function requireOtherWay(ctx: WaysCtx, user: UserDocument, without: WayIn | 'none'): void {
  if (listWaysIn(readFactsOf(ctx, user), without).length === 0) fail('LAST_CREDENTIAL');
}
