// Contract of statistics: what happened, hour by hour or day by day.
import { z } from 'zod';

/** An IANA name, such as `Asia/Shanghai`. */
const TimeZone = z
  .string()
  .max(64)
  .refine((name) => isTimeZone(name), { error: 'must be a time zone by its IANA name' })
  .meta({ example: 'Asia/Shanghai' });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

export const StatsInput = z
  .strictObject({
    from: z
      .date()
      .optional()
      .describe('Counted from the beginning of its hour or day; absent: 24 hours or 30 days before to'),
    to: z.date().optional().describe('Exclusive; absent: now'),
    by: z.enum(['hour', 'day']).default('day').describe('At most 7 days by hour, 92 by day'),
    time_zone: TimeZone.default('UTC').describe('Where hours and days begin'),
  })
  .prefault({});
export type StatsInput = z.output<typeof StatsInput>;

const counts = {
  sign_ins: z.int(),
  failures: z.int().describe('Sign-ins that were refused'),
  registrations: z.int(),
  verifications: z.int().describe('Answers of auth.verify; added up by each server once a minute'),
};
export const StatsCounts = z.object(counts);
export type StatsCounts = z.output<typeof StatsCounts>;

export const Stats = z
  .object({
    from: z.date(),
    to: z.date(),
    by: z.enum(['hour', 'day']),
    time_zone: z.string(),
    active_sessions: z.int().describe('Now'),
    total: StatsCounts,
    buckets: z.array(z.object({ at: z.date().describe('Its beginning'), ...counts })),
  })
  .meta({ id: 'Stats' });
export type Stats = z.output<typeof Stats>;
