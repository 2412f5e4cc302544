// The ways in that an account has: the last one is not taken away, and some acts wait until one is proven.
import { listPasskeys } from '../factors/passkeys.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import type { UserRecord } from './users.ts';

export type WayIn = 'email' | 'phone' | 'passkey' | `identity:${string}`;

/** @param without - what is about to be taken away, one of a kind that has only one; null: nothing that alone is a way in */
function hasWayIn(world: World, user: UserRecord, without: WayIn | null): boolean {
  const ways: WayIn[] = [
    ...(user.email_verified ? ['email' as const] : []),
    ...(user.phone_verified ? ['phone' as const] : []),
    ...(listPasskeys(world, user.id).length > 0 ? ['passkey' as const] : []),
    ...user.identities.map(({ provider }) => `identity:${provider}` as const),
  ];
  const left = ways.filter((way) => way !== without);
  // The password of an address that nobody has proven opens nothing while nothing is.
  const isHeldBack =
    world.settings.get('registration.email_verification') === 'required' && user.email !== null && !user.email_verified;
  const isOpen = !isHeldBack || left.includes('phone') || without === 'email';
  return left.length > 0 || (user.password !== null && isOpen);
}

/** @throws Refusal LAST_CREDENTIAL when without this one there is none */
export function requireOtherWay(world: World, user: UserRecord, without: WayIn | null): void {
  if (!hasWayIn(world, user, without)) refuse('LAST_CREDENTIAL');
}

/** @throws Refusal EMAIL_NOT_VERIFIED: whoever made the account may be waiting for the owner of the address */
export function requireProven({ settings }: World, user: UserRecord): void {
  if (settings.get('registration.email_verification') !== 'off' && user.email !== null && !user.isProven)
    refuse('EMAIL_NOT_VERIFIED');
}
