// The fake's clock: the platform's, moved by tests instead of waited for.

export interface MovableClock {
  now(): Date;
  /** Moves it forward by so many milliseconds. */
  advance(ms: number): void;
}

export function createClock(): MovableClock {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    advance(ms) {
      ahead += ms;
    },
  };
}
