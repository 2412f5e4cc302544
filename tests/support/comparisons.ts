// Counts how often a server compares a password with a hash: what guessing costs, and what it gains.
import { vi } from 'vitest';
import type { TestServer } from './server.ts';

/** From now on, until mocks are restored; call the result for the number so far. */
export function countComparisons({ deps: { hasher } }: Pick<TestServer, 'deps'>): () => number {
  const { reserve } = hasher;
  let compared = 0;
  vi.spyOn(hasher, 'reserve').mockImplementation((signal) => {
    const slot = reserve(signal);
    return {
      ...slot,
      verify: (...args) => {
        compared++;
        return slot.verify(...args);
      },
    };
  });
  return () => compared;
}
