// How many streams one reader may hold open on this instance at once: each costs a connection and looks at the database now and then.
import { AppError } from '../errors.ts';

export interface OpenStreams {
  /**
   * Counts one more.
   *
   * @returns what gives it back, once however often it is called
   * @throws AppError RATE_LIMITED
   */
  take(reader: string, most: number): () => void;
}

export function createOpenStreams(): OpenStreams {
  const counts = new Map<string, number>();
  return {
    take(reader, most) {
      const count = counts.get(reader) ?? 0;
      if (count >= most) throw new AppError('RATE_LIMITED', { retryAfter: 5, detail: 'Too many streams are open' });
      counts.set(reader, count + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        const left = (counts.get(reader) ?? 1) - 1;
        if (left === 0) counts.delete(reader);
        else counts.set(reader, left);
      };
    },
  };
}
