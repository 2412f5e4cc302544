// The fake's passkeys, and the challenges that one of them is asked to sign, once.
import type { Passkey } from '@authcenter/shared/schemas';
import { newSecret } from '../random.ts';
import type { World } from '../world.ts';

/** Without a public key: no signature is looked at. */
export interface PasskeyRecord extends Passkey {
  readonly user_id: string;
  /** Base64url, as browsers name it. */
  readonly credential_id: string;
  readonly transports: readonly string[];
  /** Of signatures; grows, where the authenticator counts. */
  counter: number;
  last_used_at: Date | null;
}

export interface PasskeyChallenge {
  readonly purpose: 'register' | 'login' | 'mfa' | 'step_up';
  /** Who alone may answer; null where the answer tells who it is. */
  readonly userId: string | null;
  readonly expiresAt: Date;
}

/** Oldest first. */
export const listPasskeys = ({ passkeys }: World, ofUser: string): PasskeyRecord[] =>
  [...passkeys.values()].filter(({ user_id }) => user_id === ofUser);

export function removePasskeys(world: World, ofUser: string): void {
  for (const { credential_id } of listPasskeys(world, ofUser)) world.passkeys.delete(credential_id);
}

/** As browsers are told which are meant. */
export const describePasskeys = (world: World, ofUser: string) =>
  listPasskeys(world, ofUser).map(({ credential_id: id, transports }) => ({
    id,
    type: 'public-key' as const,
    transports: [...transports],
  }));

/** Within which the browser must answer, in ms. */
export const CHALLENGE_LIFE = 5 * 60_000;

export function newChallenge(
  { passkeyChallenges, clock }: World,
  purpose: PasskeyChallenge['purpose'],
  userId: string | null,
): string {
  const challenge = newSecret();
  passkeyChallenges.set(challenge, {
    purpose,
    userId,
    expiresAt: new Date(clock.now().getTime() + CHALLENGE_LIFE),
  });
  return challenge;
}

/** Takes it out of the world, whatever comes of the answer; null when there is no such challenge (any more). */
export function takeChallenge(
  { passkeyChallenges, clock }: World,
  challenge: string,
  purpose: PasskeyChallenge['purpose'],
): PasskeyChallenge | null {
  const found = passkeyChallenges.get(challenge);
  if (found?.purpose !== purpose || found.expiresAt <= clock.now()) return null;
  passkeyChallenges.delete(challenge);
  return found;
}

/** What authenticator apps and browsers show as who asks. */
export const ISSUER_NAME = 'AuthCenter';

/** The domain that passkeys are bound to, and the pages that may use them: the fake's own, and no others. */
export function readRelyingParty({ url }: World): { readonly id: string; readonly origins: readonly string[] } {
  const { protocol, hostname, port, origin } = new URL(url);
  // They are bound to a domain and to no address: the machine's own is reached as localhost, too.
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
  if (!isAddress) return { id: hostname, origins: [origin] };
  return { id: 'localhost', origins: [`${protocol}//localhost${port && `:${port}`}`] };
}
