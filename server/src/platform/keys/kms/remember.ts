// What is asked for once and used for as long as it is good; askers at once share one request.
import type { Clock } from '../../clock.ts';

export interface Remembered<T> {
  read(): Promise<T>;
  /** It was refused before its time. */
  forget(): void;
}

export interface Renewed<T> {
  readonly value: T;
  /** When it ends, in ms. */
  readonly until: number;
}

/** Renewed so long before its end, in ms. */
const MARGIN = 60_000;

export function remember<T>(clock: Clock, renew: () => Promise<Renewed<T>>): Remembered<T> {
  let kept: Renewed<T> | undefined;
  let asking: Promise<T> | undefined;
  const ask = async (): Promise<T> => {
    kept = await renew();
    return kept.value;
  };
  return {
    async read() {
      if (kept && clock.now().getTime() < kept.until - MARGIN) return kept.value;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forget: () => {
      kept = undefined;
    },
  };
}
