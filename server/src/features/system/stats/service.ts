// system.stats: sign-ins, failures, registrations, verifications over time, and the sessions there are.
import type { Stats, StatsInput } from '@authcenter/shared';
import { addUp, judgeSpan, kindOf, NOTHING, REGISTRATIONS, SIGN_IN, usualFrom } from '@authcenter/shared/stats';
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { Span } from './repository.ts';

/** @throws AppError VALIDATION_FAILED for a span that is too long, or none */
export async function readStats(ctx: Ctx<'stats' | 'sessions' | 'clock'>, input: StatsInput): Promise<Stats> {
  const { by, time_zone: timezone } = input;
  const now = ctx.clock.now();
  const to = input.to ?? now;
  const from = input.from ?? usualFrom(to, by);
  const message = judgeSpan(from, to, by);
  if (message !== null) fail('VALIDATION_FAILED', { errors: [{ path: 'from', message }] });
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
