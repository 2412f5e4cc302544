// The life of a key as pure sentences over its dates: published, signing, verifying, retired; or revoked.
import type { KeyUse, SigningKeyDocument } from './repository.ts';

/** A new key is in the JWKS so long before it signs, in ms: three times what verifiers may keep the set. */
export const PUBLISHED_BEFORE = 15 * 60_000;

/** How long what a key signed may live, in ms. */
export type TokenLife = Readonly<Record<KeyUse, number>>;

export type KeyState = 'published' | 'signing' | 'verifying' | 'retired' | 'revoked';

type Dates = Pick<
  SigningKeyDocument,
  '_id' | 'use' | 'created_at' | 'signs_from' | 'retired_at' | 'verifies_until' | 'revoked_at'
>;

export const signsFrom = ({ signs_from, created_at }: Dates): number => (signs_from ?? created_at).getTime();

/** What was signed until the hand-over bears an `exp` of at most that plus its life, by whatever clock it was signed. */
export const verifiesUntil = ({ use, retired_at, verifies_until }: Dates, life: TokenLife): number =>
  retired_at === null
    ? Number.POSITIVE_INFINITY
    : Math.max(retired_at.getTime() + life[use], verifies_until?.getTime() ?? 0);

export const isInRing = (key: Dates, life: TokenLife, now: number): boolean =>
  key.revoked_at === undefined && verifiesUntil(key, life) > now;

const isItsTurn = (key: Dates, now: number): boolean =>
  signsFrom(key) <= now && (key.retired_at === null || key.retired_at.getTime() > now);

const byNewest = (a: Dates, b: Dates): number => signsFrom(b) - signsFrom(a) || (a._id < b._id ? -1 : 1);

/**
 * The key to sign with: the one whose turn it is. Turns were decided when the keys were published and follow on one another
 * without a gap, so that every instance hands over by its own clock without asking anybody.
 *
 * Of those that this instance can sign with there may be none whose turn it is (a clock that is behind, a file that only others
 * have): then the last that began, else the first that will.
 */
export function pickSigning<Key extends Dates>(usable: readonly Key[], now: number): Key | undefined {
  const newestFirst = usable.toSorted(byNewest);
  return (
    newestFirst.find((key) => isItsTurn(key, now)) ??
    newestFirst.find((key) => signsFrom(key) <= now) ??
    newestFirst.at(-1)
  );
}

/** @param keys - all of its use */
export function stateOf(key: Dates, keys: readonly Dates[], life: TokenLife, now: number): KeyState {
  if (key.revoked_at !== undefined) return 'revoked';
  if (!isInRing(key, life, now)) return 'retired';
  const inRing = keys.filter((one) => one.use === key.use && isInRing(one, life, now));
  if (pickSigning(inRing, now)?._id === key._id) return 'signing';
  return signsFrom(key) > now ? 'published' : 'verifying';
}
