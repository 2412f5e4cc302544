// Versioned migrations: each runs once, on one instance, in order; the others wait for it.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection, IndexDescription } from 'mongodb';
import type { Database } from './client.ts';
import { DatabaseSetupError, duplicateKey } from './errors.ts';
import { type Log, silentLog } from './log.ts';

export { ensureCollection } from './collections.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** What it makes or changes, with the indexes that are there since. */
  readonly collections?: readonly { readonly name: string; readonly indexes: readonly IndexDescription[] }[];
  /** Idempotent: after a crash it runs again from its beginning. */
  up(database: Database): Promise<void>;
}

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  readonly applied_at: Date | null;
}

export interface MigrateOptions {
  /** How long a crashed instance keeps the others waiting, in milliseconds. */
  readonly leaseMs?: number;
  /** Milliseconds. */
  readonly pollMs?: number;
}

interface AppliedMigration {
  _id: number;
  version: number;
  name: string;
  applied_at: Date;
}

interface MigrationLock {
  _id: 'lock';
  owner: string | null;
  until: Date;
}

const COLLECTION = 'migrations';
const isApplied = { version: { $exists: true } };

/**
 * Applies what is pending; returns the names of those that this call applied.
 *
 * @throws DatabaseSetupError when the database was migrated by a version of the code that is newer by more than one migration
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  log: Log = silentLog,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const { leaseMs = 30_000, pollMs = 200 } = options;
  if ((await findPending(database, migrations)).length === 0) return { applied: [] };
  const lock = await takeLock(database, leaseMs, pollMs, log);
  const applied: string[] = [];
  try {
    // Asked again under the lock: another instance may have done it all while this one waited.
    for (const migration of await findPending(database, migrations)) {
      log.info({ version: migration.version, migration: migration.name }, 'applying migration');
      await migration.up(database);
      await lock.assertHeld();
      await recordApplied(database, migration);
      applied.push(migration.name);
    }
  } finally {
    await lock.release();
  }
  return { applied };
}

/** Every known migration with the time of its application, null while pending. */
export async function migrationStatus(
  database: Database,
  migrations: readonly Migration[],
): Promise<MigrationStatus[]> {
  const applied = new Map((await readApplied(database)).map((record) => [record.version, record.applied_at]));
  return inOrder(migrations).map(({ version, name }) => ({ version, name, applied_at: applied.get(version) ?? null }));
}

async function findPending(database: Database, migrations: readonly Migration[]): Promise<Migration[]> {
  const known = inOrder(migrations);
  const applied = await readApplied(database);
  // Versions N−1 and N run side by side while one replaces the other: one version ahead is in order.
  const newest = known.at(-1)?.version ?? 0;
  const ahead = applied.find(
    ({ version }) => version !== newest + 1 && !known.some((migration) => migration.version === version),
  );
  if (ahead) {
    throw new DatabaseSetupError(
      `the database ${database.db.databaseName} is ahead of this version: migration ${ahead.version} (${ahead.name}) was applied to it on ${ahead.applied_at.toISOString()} and is not known here; run the newer version, or restore the backup made before it`,
    );
  }
  const done = new Set(applied.map((record) => record.version));
  return known.filter((migration) => !done.has(migration.version));
}

function inOrder(migrations: readonly Migration[]): Migration[] {
  const sorted = migrations.toSorted((a, b) => a.version - b.version);
  const twice = sorted.find((migration, index) => migration.version === sorted[index + 1]?.version);
  if (twice) throw new DatabaseSetupError(`two migrations have the version ${twice.version}`);
  return sorted;
}

const readApplied = (database: Database): Promise<AppliedMigration[]> =>
  database.db
    .collection<AppliedMigration>(COLLECTION)
    .find(isApplied, { sort: { _id: 1 }, maxTimeMS: database.maxTimeMs, readConcern: { level: 'majority' } })
    .toArray();

async function recordApplied(database: Database, { version, name }: Migration): Promise<void> {
  await database.db
    .collection<AppliedMigration>(COLLECTION)
    .updateOne({ _id: version }, [{ $set: { version, name: { $literal: name }, applied_at: '$$NOW' } }], {
      upsert: true,
    });
}

interface HeldLock {
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

// Times are the server's ($$NOW), so that instances with different clocks agree on when a lease is over.
async function takeLock(database: Database, leaseMs: number, pollMs: number, log: Log): Promise<HeldLock> {
  const locks = database.db.collection<MigrationLock>(COLLECTION);
  const owner = randomUUID();
  const lease = [
    {
      $set: {
        owner,
        until: { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: leaseMs } },
      },
    },
  ];
  await createLock(locks);
  for (let told = false; ; told = true) {
    const taken = await locks.findOneAndUpdate({ _id: 'lock', $expr: { $lt: ['$until', '$$NOW'] } }, lease);
    if (taken) break;
    if (!told) log.info({}, 'another instance is migrating the database, waiting for it');
    await sleep(pollMs);
  }
  const renew = async (): Promise<boolean> => (await locks.updateOne({ _id: 'lock', owner }, lease)).matchedCount === 1;
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn({ error }, 'the migration lock could not be renewed'));
  }, leaseMs / 3);
  return {
    assertHeld: async () => {
      if (!(await renew()))
        throw new DatabaseSetupError('the migration lock was lost to another instance; start again');
    },
    release: async () => {
      clearInterval(timer);
      await locks.updateOne({ _id: 'lock', owner }, { $set: { owner: null, until: new Date(0) } });
    },
  };
}

async function createLock(locks: Collection<MigrationLock>): Promise<void> {
  try {
    await locks.updateOne({ _id: 'lock' }, { $setOnInsert: { owner: null, until: new Date(0) } }, { upsert: true });
  } catch (error) {
    if (duplicateKey(error) === null) throw error;
  }
}
