// A value that is dear to get: asked for once however many wait for it, and kept until it lapses. A failure is not kept.
import type { Clock } from '../../../../platform/clock.ts';

export interface Remembered<T> {
  get(): Promise<T>;
  /** Has it asked for anew, unless that has happened since. */
  forget(value: T): void;
}

interface Kept<T> {
  readonly value: T;
  readonly until: Date;
}

export function remember<T>(clock: Clock, load: () => Promise<Kept<T>>): Remembered<T> {
  let kept: Kept<T> | null = null;
  let loading: Promise<Kept<T>> | null = null;
  return {
    async get() {
      if (kept !== null && clock.now() < kept.until) return kept.value;
      loading ??= load().finally(() => {
        loading = null;
      });
      kept = await loading;
      return kept.value;
    },
    forget(value) {
      if (kept?.value === value) kept = null;
    },
  };
}
