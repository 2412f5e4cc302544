// system.stats: sign-ins, failures, registrations, verifications over time, and the sessions there are.
import type { Stats, StatsCounts, StatsInput } from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { CountedActs, Span } from './repository.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const USUAL = { hour: DAY, day: 30 * DAY };
const LONGEST = { hour: 7 * DAY, day: 92 * DAY };

const SIGN_IN = 'auth.login';
/** The acts by which accounts come to be. */
const REGISTRATIONS = ['auth.register', 'users.create'];

/** @throws AppError VALIDATION_FAILED for a span that is too long, or none */
export async function readStats(ctx: Ctx<'stats' | 'sessions' | 'clock'>, input: StatsInput): Promise<Stats> {
  const { by, time_zone: timezone } = input;
  const now = ctx.clock.now();
  const to = input.to ?? now;
  const from = input.from ?? new Date(to.getTime() - USUAL[by]);
  requireSpan(from, to, by);
  const starts = await ctx.stats.listBuckets({ from, to, unit: by, timezone });
  const [first = from] = starts;
  const span: Span = { from: first, to, unit: by, timezone };
  const [acts, verifications, activeSessions] = await Promise.all([
    ctx.stats.countActs([SIGN_IN, ...REGISTRATIONS], span),
    ctx.stats.countUsage('verification', span),
    ctx.sessions.countLive(now),
  ]);
  const buckets = new Map(starts.map((at) => [at.getTime(), { at, ...NOTHING }]));
  for (const counted of acts) {
    const bucket = buckets.get(counted.at.getTime());
    if (bucket) bucket[kindOf(counted)] += counted.count;
  }
  for (const { at, count } of verifications) {
    const bucket = buckets.get(at.getTime());
    if (bucket) bucket.verifications += count;
  }
  const all = [...buckets.values()];
  return { from: first, to, by, time_zone: timezone, active_sessions: activeSessions, total: addUp(all), buckets: all };
}

const NOTHING: StatsCounts = { sign_ins: 0, failures: 0, registrations: 0, verifications: 0 };

const kindOf = ({ act, outcome }: CountedActs): keyof StatsCounts =>
  act !== SIGN_IN ? 'registrations' : outcome === 'success' ? 'sign_ins' : 'failures';

const addUp = (buckets: readonly StatsCounts[]): StatsCounts =>
  buckets.reduce(
    (sum, bucket) => ({
      sign_ins: sum.sign_ins + bucket.sign_ins,
      failures: sum.failures + bucket.failures,
      registrations: sum.registrations + bucket.registrations,
      verifications: sum.verifications + bucket.verifications,
    }),
    NOTHING,
  );

function requireSpan(from: Date, to: Date, by: 'hour' | 'day'): void {
  const length = to.getTime() - from.getTime();
  const message =
    length <= 0
      ? 'must be before to'
      : length > LONGEST[by]
        ? `must be at most ${LONGEST[by] / DAY} days before to, by the ${by}`
        : null;
  if (message !== null) fail('VALIDATION_FAILED', { errors: [{ path: 'from', message }] });
}
