// Closed-loop load: autocannon for one call over and over, plain loops for calls that follow from each other.
import autocannon from 'autocannon';

export interface FixedCall {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/**
 * Answers a second, all of them successes.
 *
 * @throws Error when any answer was none, or one is missing
 */
export async function measureRate(call: FixedCall, connections: number, seconds: number): Promise<number> {
  const result = await autocannon({ ...call, connections, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0 || result.timeouts > 0)
    throw new Error(`${call.method} ${call.url}: ${result.non2xx} refused, ${result.errors + result.timeouts} failed`);
  return result['2xx'] / result.duration;
}

/** Runs every loop until the time is over; how often one of them came round in a second. */
export async function measureLoops(loops: readonly (() => Promise<unknown>)[], seconds: number): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let count = 0;
  await Promise.all(
    loops.map(async (once) => {
      while (performance.now() < endsAt) {
        await once();
        count++;
      }
    }),
  );
  return count / ((performance.now() - startedAt) / 1000);
}

/** The same call once, for warming up and for seeing that base and subject answer alike. */
export async function callOnce({ url, ...call }: FixedCall): Promise<string> {
  const response = await fetch(url, call);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text;
}
