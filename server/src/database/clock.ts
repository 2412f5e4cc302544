// The database's time as a clock: for a command on a machine whose own may be wrong.
import type { Clock } from '../platform/clock.ts';
import type { Database } from './client.ts';

/** As far off as one answer takes. */
export async function readDatabaseClock({ db, maxTimeMs }: Database): Promise<Clock> {
  const { localTime } = await db.command({ hello: 1, maxTimeMS: maxTimeMs });
  const ahead = localTime instanceof Date ? localTime.getTime() - Date.now() : 0;
  return { now: () => new Date(Date.now() + ahead) };
}
