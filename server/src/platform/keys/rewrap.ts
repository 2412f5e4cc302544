// After a change of the key-encryption key: everything sealed under the previous one is sealed anew under the current one.
import type { Envelope } from './envelope.ts';

/** One envelope as it lies in the database. */
export interface SealedValue {
  readonly id: string;
  readonly sealed: string;
}

/** A field that holds envelopes. Each field in which `envelope.seal` puts something is one; a test holds the list against the code. */
export interface SealedPlace {
  /** `collection.field`. */
  readonly name: string;
  /** The envelopes of the documents behind that id, so many documents; `next` is null at the end. */
  list(after: string | null, limit: number): Promise<{ readonly values: SealedValue[]; readonly next: string | null }>;
  /** False when the value is no longer `before`: somebody has changed it meanwhile, and theirs stays. */
  replace(id: string, before: string, after: string): Promise<boolean>;
}

export interface Rewrapped {
  readonly place: string;
  /** Under the current key now, and not before. */
  resealed: number;
  /** Under the current key before. */
  current: number;
  /** Changed by others meanwhile; under whichever key they had. */
  changed: number;
  /** Opened by neither key. */
  unreadable: number;
}

const BATCH = 500;

/** May be stopped and begun again at any time: what is done is seen to be done. */
export async function rewrap(
  envelope: Envelope,
  places: readonly SealedPlace[],
  onProgress: (done: Readonly<Rewrapped>) => void = () => undefined,
): Promise<Rewrapped[]> {
  const results: Rewrapped[] = [];
  for (const place of places) {
    const counts: Rewrapped = { place: place.name, resealed: 0, current: 0, changed: 0, unreadable: 0 };
    results.push(counts);
    let after: string | null = null as string | null;
    do {
      const { values, next } = await place.list(after, BATCH);
      for (const value of values) counts[await rewrapOne(envelope, place, value)]++;
      onProgress(counts);
      after = next;
    } while (after !== null);
  }
  return results;
}

async function rewrapOne(
  envelope: Envelope,
  place: SealedPlace,
  { id, sealed }: SealedValue,
): Promise<Exclude<keyof Rewrapped, 'place'>> {
  let renewed: string | null;
  try {
    renewed = await envelope.reseal(sealed);
  } catch {
    return 'unreadable';
  }
  if (renewed === null) return 'current';
  return (await place.replace(id, sealed, renewed)) ? 'resealed' : 'changed';
}
