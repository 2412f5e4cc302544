// system.stats: what happened, by the hour or the day of a time zone.
import type { Stats, StatsCounts } from '@authcenter/shared/schemas';
import { addUp, judgeSpan, kindOf, NOTHING, REGISTRATIONS, SIGN_IN, usualFrom } from '@authcenter/shared/stats';
import type { Answers } from '../answers.ts';
import { refuseField } from '../refusal.ts';

export const statsAnswers = {
  'system.stats': ({ acts, verifications, sessions, clock }, input): Stats => {
    const { by, time_zone } = input;
    const now = clock.now();
    const to = input.to ?? now;
    const from = input.from ?? usualFrom(to, by);
    const message = judgeSpan(from, to, by);
    if (message !== null) refuseField('from', message);
    const starts = listStarts(from, to, by, time_zone);
    const buckets = starts.map((at) => ({ at, ...NOTHING }));
    const count = (at: Date, kind: keyof StatsCounts) => {
      const bucket = at < to ? buckets.findLast((one) => one.at <= at) : undefined;
      if (bucket) bucket[kind]++;
    };
    for (const record of acts)
      if (record.act === SIGN_IN || REGISTRATIONS.includes(record.act)) count(record.at, kindOf(record));
    for (const at of verifications) count(at, 'verifications');
    const active_sessions = [...sessions.values()].filter((one) => !one.revoked_at && one.expires_at > now).length;
    return { from: starts[0] ?? from, to, by, time_zone, active_sessions, total: addUp(buckets), buckets };
  },
} satisfies Answers;

/** All zones are a whole number of quarters of an hour from UTC. */
const STEP = 900_000;

/** The beginnings of all hours or days that the span touches. */
function listStarts(from: Date, to: Date, by: 'hour' | 'day', timeZone: string): Date[] {
  const form = new Intl.DateTimeFormat('en', {
    timeZone,
    dateStyle: by === 'day' ? 'short' : undefined,
    ...(by === 'hour' ? { minute: 'numeric' } : {}),
  });
  const begins = (at: number): boolean =>
    by === 'hour' ? Number(form.format(at)) === 0 : form.format(at) !== form.format(at - STEP);
  let at = Math.floor(from.getTime() / STEP) * STEP;
  while (!begins(at)) at -= STEP;
  const starts: Date[] = [];
  for (; at < to.getTime(); at += STEP) if (begins(at)) starts.push(new Date(at));
  return starts;
}
