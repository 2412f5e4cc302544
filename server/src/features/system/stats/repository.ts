// Statistics out of what is recorded anyway: the audit log, and the counters of usage.
import type { Database } from '../../../database/client.ts';
import { type AuditDocument, auditCollection } from '../../../platform/audit.ts';
import {
  type UsageCounterDocument,
  type UsageKind,
  usageCountersCollection,
} from '../../../platform/usage-counters.ts';

/** Hours or days of a time zone. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
  readonly unit: 'hour' | 'day';
  readonly timezone: string;
}

export interface CountedActs {
  readonly at: Date;
  readonly act: string;
  readonly outcome: string;
  readonly count: number;
}

export function createStatsRepository(database: Database) {
  const audit = database.db.collection<AuditDocument>(auditCollection.name);
  const usage = database.db.collection<UsageCounterDocument>(usageCountersCollection.name);
  const options = { maxTimeMS: database.maxTimeMs };
  return {
    /** The beginnings of all hours or days that the span touches: the database knows the time zones, summer time and all. */
    async listBuckets({ from, to, unit, timezone }: Span): Promise<Date[]> {
      const first = { $dateTrunc: { date: from, unit, timezone } };
      const count = { $add: [{ $dateDiff: { startDate: from, endDate: to, unit, timezone } }, 1] };
      const nth = { $dateAdd: { startDate: first, unit, amount: '$$n', timezone } };
      const documents = { $map: { input: { $range: [0, count] }, as: 'n', in: { at: nth } } };
      const found = await database.db.aggregate<{ at: Date }>([{ $documents: documents }], options).toArray();
      return found.map(({ at }) => at).filter((at) => at.getTime() < to.getTime());
    },
    countActs: (acts: readonly string[], { from, to, unit, timezone }: Span): Promise<CountedActs[]> =>
      audit
        .aggregate<CountedActs>(
          [
            { $match: { act: { $in: [...acts] }, at: { $gte: from, $lt: to } } },
            {
              $group: {
                _id: { at: { $dateTrunc: { date: '$at', unit, timezone } }, act: '$act', outcome: '$outcome' },
                count: { $sum: 1 },
              },
            },
            { $project: { _id: 0, at: '$_id.at', act: '$_id.act', outcome: '$_id.outcome', count: 1 } },
          ],
          options,
        )
        .toArray(),
    /** Counted by whole hours: where a day begins at half past, the hour goes to the day that it begins in. */
    countUsage: (kind: UsageKind, { from, to, unit, timezone }: Span): Promise<{ at: Date; count: number }[]> =>
      usage
        .aggregate<{ at: Date; count: number }>(
          [
            { $match: { kind, hour: { $gte: from, $lt: to } } },
            { $group: { _id: { $dateTrunc: { date: '$hour', unit, timezone } }, count: { $sum: '$count' } } },
            { $project: { _id: 0, at: '$_id', count: 1 } },
          ],
          options,
        )
        .toArray(),
  };
}
export type StatsRepository = ReturnType<typeof createStatsRepository>;
