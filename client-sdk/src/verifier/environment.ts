// What a verifier takes from the place it runs in, beside what every client takes.
import { type Environment, readEnvironment } from '../environment.ts';
import { type OpenStream, openByFetch, openByNode, readNode } from './open-stream.ts';

export interface VerifierEnvironment extends Environment {
  /** Milliseconds that no change of the clock moves. */
  monotonic(): number;
  readonly openStream: OpenStream;
}

/** @param fetch - the caller's own, if they gave one */
export function readVerifierEnvironment(fetch?: Environment['fetch']): VerifierEnvironment {
  const platform = readEnvironment();
  const env = fetch ? { ...platform, fetch } : platform;
  const node = fetch ? undefined : readNode();
  return {
    ...env,
    monotonic: () => performance.now(),
    openStream: node ? openByNode(node) : openByFetch(env.fetch),
  };
}

/** Calls back after so many milliseconds, and does not keep a process alive for it. */
export function schedule(ms: number, work: () => void): { cancel(): void } {
  const timer = setTimeout(work, ms) as unknown;
  // Browsers and edge runtimes have numbers.
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref();
  return { cancel: () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]) };
}

/** Resolves after so many milliseconds, or at once when the signal aborts; does not keep a process alive. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = schedule(ms, done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
