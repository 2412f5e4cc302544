// Waking whoever waits for news.

export interface Signals {
  /** How often there were news so far. */
  readonly count: number;
  emit(): void;
  /** Resolves when there are more news than so many, after so many milliseconds, or when the signal aborts. */
  next(since: number, ms: number, signal: AbortSignal): Promise<void>;
}

export function createSignals(): Signals {
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    emit() {
      count++;
      for (const wake of [...waiting]) wake();
    },
    next: (since, ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
        if (signal.aborted || count > since) wake();
      }),
  };
}
