// What counts as what in statistics, and how long a time they are told for.
import type { StatsCounts } from './schemas.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const USUAL = { hour: DAY, day: 30 * DAY };
const LONGEST = { hour: 7 * DAY, day: 92 * DAY };

export const SIGN_IN = 'auth.login';
/** The acts by which accounts come to be. */
export const REGISTRATIONS: readonly string[] = ['auth.register', 'users.create'];

export const NOTHING: StatsCounts = { sign_ins: 0, failures: 0, registrations: 0, verifications: 0 };

/** @param act - `SIGN_IN` or one of `REGISTRATIONS` */
export const kindOf = ({ act, outcome }: { readonly act: string; readonly outcome: string }): keyof StatsCounts =>
  act !== SIGN_IN ? 'registrations' : outcome === 'success' ? 'sign_ins' : 'failures';

export const addUp = (buckets: readonly StatsCounts[]): StatsCounts =>
  buckets.reduce(
    (sum, bucket) => ({
      sign_ins: sum.sign_ins + bucket.sign_ins,
      failures: sum.failures + bucket.failures,
      registrations: sum.registrations + bucket.registrations,
      verifications: sum.verifications + bucket.verifications,
    }),
    NOTHING,
  );

/** When the time begins for which nobody said when. */
export const usualFrom = (to: Date, by: 'hour' | 'day'): Date => new Date(to.getTime() - USUAL[by]);

/** What is wrong with `from`; null for nothing. */
export function judgeSpan(from: Date, to: Date, by: 'hour' | 'day'): string | null {
  const length = to.getTime() - from.getTime();
  if (length <= 0) return 'must be before to';
  return length > LONGEST[by] ? `must be at most ${LONGEST[by] / DAY} days before to, by the ${by}` : null;
}
