// Reading again, never twice at once: whoever asks gets what was read after the asking.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Reloader {
  reload(): Promise<void>;
  /** The same for askers who can be many and hostile: so many of them share one reading. */
  reloadSoon(): Promise<void>;
}

/** At least this long between two readings that strangers can bring about, in ms. */
const GAP = 200;

export function createReloader(read: () => Promise<void>): Reloader {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let soon: Promise<void> | undefined;
  let lastSoon = Number.NEGATIVE_INFINITY;

  const reload = (): Promise<void> => {
    if (!running) {
      running = read().finally(() => {
        running = undefined;
      });
      return running;
    }
    // The reading under way may have begun before the change that is asked about.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return reload();
      });
    return next;
  };

  const readSoon = async (): Promise<void> => {
    await sleep(Math.max(0, lastSoon + GAP - performance.now()), undefined, { ref: false });
    soon = undefined;
    lastSoon = performance.now();
    return reload();
  };

  return {
    reload,
    reloadSoon: () => {
      soon ??= readSoon();
      return soon;
    },
  };
}
