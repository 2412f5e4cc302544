// Telling whoever waits in this process that something has changed: by key, with nothing kept.

export interface Signals {
  /** Wakes everybody who waits for the key. */
  emit(key: string): void;
  /**
   * Changes from now on: each call of `next` resolves when there has been one since the call before, or after so many milliseconds.
   *
   * @example
   * const changes = signals.watch('a', signal);
   * for (;;) { yield await read(); await changes.next(5_000); }
   */
  watch(key: string, signal: AbortSignal): { next(ms: number): Promise<void>; close(): void };
}

interface Watcher {
  hasChanged: boolean;
  wake(): void;
}

export function createSignals(): Signals {
  const watchers = new Map<string, Set<Watcher>>();

  function add(key: string, watcher: Watcher): () => void {
    const others = watchers.get(key) ?? new Set();
    watchers.set(key, others.add(watcher));
    return () => {
      others.delete(watcher);
      if (others.size === 0) watchers.delete(key);
    };
  }

  return {
    emit(key) {
      for (const watcher of watchers.get(key) ?? []) {
        watcher.hasChanged = true;
        watcher.wake();
      }
    },
    watch(key, signal) {
      const watcher: Watcher = { hasChanged: false, wake: () => undefined };
      const close = add(key, watcher);
      signal.addEventListener('abort', close, { once: true });
      return {
        next: (ms) =>
          new Promise((resolve) => {
            const settle = () => {
              clearTimeout(timer);
              signal.removeEventListener('abort', settle);
              watcher.hasChanged = false;
              watcher.wake = () => undefined;
              resolve();
            };
            const timer = setTimeout(settle, ms);
            signal.addEventListener('abort', settle, { once: true });
            watcher.wake = settle;
            if (watcher.hasChanged || signal.aborted) settle();
          }),
        close() {
          signal.removeEventListener('abort', close);
          close();
        },
      };
    },
  };
}
