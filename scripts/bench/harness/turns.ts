// Two calls by turns, one at a time: whatever else the machine does slows down both alike.
import { median, percentile } from './statistics.ts';

export type Call = () => Promise<unknown>;

/** The ratio of their medians, subject to base. As many turns as a tenth of the samples go before and only warm up. */
export async function compareTimes(samples: number, base: Call, subject: Call) {
  const [bases, subjects]: [number[], number[]] = [[], []];
  const pair = [
    { call: base, times: bases },
    { call: subject, times: subjects },
  ];
  for (let turn = -samples / 10; turn < samples; turn++) {
    for (const { call, times } of turn % 2 === 0 ? pair : pair.toReversed()) {
      const startedAt = performance.now();
      await call();
      if (turn >= 0) times.push(performance.now() - startedAt);
    }
  }
  const tell = (times: readonly number[]) => ({ p50: median(times), p95: percentile(times, 95) });
  const details = { base: tell(bases), subject: tell(subjects) };
  const from = `${details.subject.p50.toFixed(2)} ms against ${details.base.p50.toFixed(2)} ms`;
  return { value: details.subject.p50 / details.base.p50, unit: '×', from, details };
}
