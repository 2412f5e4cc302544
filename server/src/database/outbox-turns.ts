// Records of one source are handled one after the other, in the order in which the transactions that wrote them were committed.
import type { Filter } from 'mongodb';
import type { Database } from './client.ts';
import { GUARDS, type GuardRecord, takeGuard } from './guards.ts';
import { OUTBOX, type OutboxRecord } from './outbox-record.ts';
import { inTransaction, type Tx } from './transaction.ts';

/** Of two transactions over one source the second starts over, whatever else they write: so numbers follow the commits. */
const guardOf = (source: string) => `outbox:${source}`;

/** The place of a new record: its number, and whether it has to wait for an older one. */
export async function takeTurn(
  database: Database,
  tx: Tx,
  source: string,
): Promise<Pick<OutboxRecord, 'source' | 'turn' | 'waits'>> {
  const turn = await takeGuard(database, tx, guardOf(source));
  const older = await database.db
    .collection<OutboxRecord>(OUTBOX)
    .findOne({ source }, { session: tx, projection: { _id: 1 }, maxTimeMS: database.maxTimeMs });
  return { source, turn, ...(older && { waits: true }) };
}

/**
 * Removes a finished record and lets the next one of its source go, in one transaction: a crash between the two would
 * leave the source waiting for nobody. False when the record is not as `mine` says (any more).
 */
export function passTurn(database: Database, mine: Filter<OutboxRecord>, source: string): Promise<boolean> {
  const records = database.db.collection<OutboxRecord>(OUTBOX);
  const guards = database.db.collection<GuardRecord>(GUARDS);
  return inTransaction(database, async (tx) => {
    await takeGuard(database, tx, guardOf(source));
    if ((await records.deleteOne(mine, { session: tx })).deletedCount === 0) return false;
    const next = await records.findOneAndUpdate(
      { source },
      { $unset: { waits: '' } },
      { sort: { turn: 1 }, projection: { _id: 1 }, session: tx, maxTimeMS: database.maxTimeMs },
    );
    // Nothing is left to be numbered; the next one begins anew.
    if (!next) await guards.deleteOne({ _id: guardOf(source) }, { session: tx });
    return true;
  });
}

/** Sources whose records are being handled, or will be by themselves: nothing about them is parked. */
export async function listUnderWay(database: Database): Promise<Set<string>> {
  const sources = await database.db
    .collection<OutboxRecord>(OUTBOX)
    .aggregate<{ _id: string }>(
      [
        { $match: { source: { $exists: true } } },
        { $group: { _id: '$source', parked: { $max: '$parked_at' } } },
        { $match: { parked: null } },
      ],
      { maxTimeMS: database.maxTimeMs },
    )
    .toArray();
  return new Set(sources.map(({ _id }) => _id));
}

/** Has parked records with a source tried again; answers how many there were. */
export async function releaseParked(database: Database, now: Date): Promise<number> {
  const { modifiedCount } = await database.db
    .collection<OutboxRecord>(OUTBOX)
    .updateMany(
      { source: { $exists: true }, parked_at: { $gt: new Date(0) } },
      { $set: { parked_at: null, attempts: 0, available_at: now } },
    );
  return modifiedCount;
}

export const countParkedTurns = (database: Database): Promise<number> =>
  database.db
    .collection<OutboxRecord>(OUTBOX)
    .countDocuments({ source: { $exists: true }, parked_at: { $gt: new Date(0) } }, { maxTimeMS: database.maxTimeMs });

/** Whether some worker has a record with a source in hand at this moment. */
export const isInHand = async (database: Database, now: Date): Promise<boolean> =>
  (await database.db
    .collection<OutboxRecord>(OUTBOX)
    .findOne({ source: { $exists: true }, 'lease.until': { $gt: now } }, { maxTimeMS: database.maxTimeMs })) !== null;
