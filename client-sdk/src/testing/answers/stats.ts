// system.stats: what happened, by the hour or the day of a time zone.
import type { Stats, StatsCounts } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import { refuseField } from '../refusal.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const USUAL = { hour: DAY, day: 30 * DAY };
const LONGEST = { hour: 7 * DAY, day: 92 * DAY };

const SIGN_IN = 'auth.login';
const REGISTRATIONS = ['auth.register', 'users.create'];
const NOTHING: StatsCounts = { sign_ins: 0, failures: 0, registrations: 0, verifications: 0 };

export const statsAnswers = {
  'system.stats': ({ acts, verifications, sessions, clock }, input): Stats => {
    const { by, time_zone } = input;
    const now = clock.now();
    const to = input.to ?? now;
    const from = input.from ?? new Date(to.getTime() - USUAL[by]);
    requireSpan(from, to, by);
    const starts = listStarts(from, to, by, time_zone);
    const buckets = starts.map((at) => ({ at, ...NOTHING }));
    const count = (at: Date, kind: keyof StatsCounts) => {
      const bucket = at < to ? buckets.findLast((one) => one.at <= at) : undefined;
      if (bucket) bucket[kind]++;
    };
    for (const { at, act, outcome } of acts) {
      if (act === SIGN_IN) count(at, outcome === 'success' ? 'sign_ins' : 'failures');
      if (REGISTRATIONS.includes(act)) count(at, 'registrations');
    }
    for (const at of verifications) count(at, 'verifications');
    const total = { ...NOTHING };
    for (const bucket of buckets)
      for (const kind of Object.keys(NOTHING) as (keyof StatsCounts)[]) total[kind] += bucket[kind];
    const active_sessions = [...sessions.values()].filter((one) => !one.revoked_at && one.expires_at > now).length;
    return { from: starts[0] ?? from, to, by, time_zone, active_sessions, total, buckets };
  },
} satisfies Answers;

function requireSpan(from: Date, to: Date, by: 'hour' | 'day'): void {
  const length = to.getTime() - from.getTime();
  if (length <= 0) refuseField('from', 'must be before to');
  if (length > LONGEST[by]) refuseField('from', `must be at most ${LONGEST[by] / DAY} days before to, by the ${by}`);
}

/** All zones are a whole number of quarters of an hour from UTC. */
const STEP = HOUR / 4;

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
