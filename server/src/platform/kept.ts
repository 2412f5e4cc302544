// A value that is read as a whole and kept in memory.

export interface Kept<T> {
  value(): T;
  /** Reads it again; resolves when what was committed before the call is known. */
  reload(): Promise<void>;
}

/** Readings follow one another: of two at once the older could be the last to arrive. */
export function keep<T>(initial: T, load: () => Promise<T>): Kept<T> {
  let current = initial;
  let last: Promise<void> = Promise.resolve();
  return {
    value: () => current,
    reload() {
      last = last
        .catch(() => undefined)
        .then(async () => {
          current = await load();
        });
      return last;
    },
  };
}
