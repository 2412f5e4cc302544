// Migrations: once each, on one instance, again after a crash, never backwards; and collections that become what is declared.
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { DatabaseSetupError } from '../../../server/src/database/errors.ts';
import { objectId } from '../../../server/src/database/json-schema.ts';
import { ensureCollection, type Migration, migrate, migrationStatus } from '../../../server/src/database/migrate.ts';
import { type OwnDatabase, openDatabase, openSecond } from './open-database.ts';

let database: OwnDatabase;
beforeEach(async () => {
  database = await openDatabase(inject('mongoUri'));
});
afterEach(() => database.drop());

const note = (version: number, name: string): Migration => ({
  version,
  name,
  up: async ({ db }) => {
    await db.collection('notes').insertOne({ version, at: new Date() });
  },
});
const notes = async () => {
  const all = await database.db
    .collection('notes')
    .find({}, { sort: { _id: 1 } })
    .toArray();
  return all.map((entry) => entry['version']);
};
const quick = { leaseMs: 600, pollMs: 20 };

describe('migrate', () => {
  test('applies what is pending in the order of versions, once, and says what is done', async () => {
    const [first, second] = [note(1, 'users'), note(2, 'sessions')];
    expect(await migrationStatus(database, [first, second])).toEqual([
      { version: 1, name: 'users', applied_at: null },
      { version: 2, name: 'sessions', applied_at: null },
    ]);
    expect(await migrate(database, [second, first])).toEqual({ applied: ['users', 'sessions'] });
    expect(await migrate(database, [second, first])).toEqual({ applied: [] });
    expect(await migrate(database, [first, second, note(3, 'roles')])).toEqual({ applied: ['roles'] });
    expect(await notes()).toEqual([1, 2, 3]);
    const status = await migrationStatus(database, [first, second]);
    expect(status.every(({ applied_at }) => applied_at instanceof Date)).toBe(true);
  });

  test('of five instances at once one applies, the others wait until it is done', async () => {
    const slow: Migration = {
      version: 1,
      name: 'slow',
      up: async (given) => {
        // Longer than the lease: it must be renewed meanwhile.
        await given.db.command({
          aggregate: 1,
          cursor: {},
          pipeline: [
            { $documents: [{}] },
            { $set: { x: { $function: { body: 'function () { sleep(900); return 1; }', args: [], lang: 'js' } } } },
          ],
        });
        await note(1, 'slow').up(given);
      },
    };
    const seen: number[] = [];
    const instances = await Promise.all(Array.from({ length: 5 }, () => openSecond(database, inject('mongoUri'))));
    const results = await Promise.all(
      instances.map(async (instance) => {
        const result = await migrate(instance, [slow, note(2, 'quick')], undefined, quick);
        seen.push((await notes()).length);
        return result.applied;
      }),
    );
    expect(results.flat()).toEqual(['slow', 'quick']);
    expect(await notes()).toEqual([1, 2]);
    expect(seen).toEqual([2, 2, 2, 2, 2]);
  });

  test('one that fails leaves itself pending and the lock free; the next call goes on there', async () => {
    let broken = true;
    const fragile: Migration = {
      version: 2,
      name: 'fragile',
      up: async (given) => {
        if (broken) throw new Error('half way');
        await note(2, 'fragile').up(given);
      },
    };
    const list = [note(1, 'users'), fragile, note(3, 'roles')];
    await expect(migrate(database, list)).rejects.toThrow('half way');
    broken = false;
    expect(await migrate(database, list)).toEqual({ applied: ['fragile', 'roles'] });
    expect(await notes()).toEqual([1, 2, 3]);
  });

  test('an instance that died with the lock holds the others up only until its lease is over', async () => {
    await database.db
      .collection<{ _id: string; owner: string; until: Date }>('migrations')
      .updateOne(
        { _id: 'lock' },
        [{ $set: { owner: 'dead', until: { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: 300 } } } }],
        { upsert: true },
      );
    const lines: string[] = [];
    const keep = (_fields: object, message: string) => lines.push(message);
    const log = { info: keep, warn: keep, error: keep };
    expect(await migrate(database, [note(1, 'users')], log, quick)).toEqual({ applied: ['users'] });
    expect(lines.filter((line) => line.includes('waiting'))).toHaveLength(1);
  });

  test('one that lost its lock does not record what it ran', async () => {
    const thief: Migration = {
      version: 1,
      name: 'robbed',
      up: async ({ db }) => {
        await db.collection<{ _id: string }>('migrations').updateOne({ _id: 'lock' }, { $set: { owner: 'other' } });
      },
    };
    await expect(migrate(database, [thief])).rejects.toThrow(DatabaseSetupError);
    expect(await migrationStatus(database, [thief])).toMatchObject([{ applied_at: null }]);
  });

  test('a database that is ahead of the code by more than one migration is refused with a reason', async () => {
    await migrate(database, [note(1, 'users'), note(2, 'passkeys'), note(3, 'webhooks')]);
    const act = migrate(database, [note(1, 'users')]);
    await expect(act).rejects.toThrow(DatabaseSetupError);
    await expect(act).rejects.toThrow(/ahead of this version: migration 3 \(webhooks\)/);
  });

  test('a database that is ahead by one migration is in order: two versions run side by side', async () => {
    await migrate(database, [note(1, 'users'), note(2, 'passkeys')]);
    expect(await migrate(database, [note(1, 'users')])).toEqual({ applied: [] });
  });

  test('two migrations of one version are refused', async () => {
    await expect(migrate(database, [note(1, 'a'), note(1, 'b')])).rejects.toThrow('two migrations have the version 1');
  });
});

describe('ensureCollection', () => {
  const loose = z.object({ _id: objectId(), name: z.string() });
  const indexes = [{ key: { name: 1 }, unique: true }];

  test('ten at once make one collection with its validator and indexes', async () => {
    await Promise.all(Array.from({ length: 10 }, () => ensureCollection(database, 'things', loose, indexes)));
    const [info] = await database.db.listCollections({ name: 'things' }).toArray();
    expect(info).toMatchObject({ options: { validationLevel: 'moderate', validationAction: 'error' } });
    expect(await database.db.collection('things').indexes()).toMatchObject([
      { key: { _id: 1 } },
      { key: { name: 1 }, unique: true },
    ]);
  });

  test('a later, stricter one changes the validator; old documents may still be edited, new ones must fit', async () => {
    await ensureCollection(database, 'things', loose, indexes);
    const things = database.db.collection('things');
    await things.insertOne({ name: 'old' });
    await ensureCollection(database, 'things', loose.extend({ level: z.int() }), [...indexes, { key: { level: 1 } }]);
    await expect(things.insertOne({ name: 'new' })).rejects.toMatchObject({ code: 121 });
    await things.updateOne({ name: 'old' }, { $set: { note: 'edited' } });
    await things.insertOne({ name: 'new', level: 1 });
    expect(await things.indexes()).toHaveLength(3);
  });
});
