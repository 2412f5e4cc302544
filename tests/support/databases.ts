// Databases that servers of a run have migrated, empty again: making their hundred collections and indexes costs more than most tests do.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { inject } from 'vitest';

interface Use {
  /** Servers of this process that work on it. */
  servers: number;
  readonly reusable: boolean;
}

const uses = new Map<string, Use>();
let client: MongoClient | undefined;

const folder = (): string => {
  const path = join(inject('sharedFolder'), 'databases');
  mkdirSync(path, { recursive: true });
  return path;
};

/** @returns one that nobody else has: empty, migrated or new */
export function takeDatabase(): string {
  for (const name of readdirSync(folder()))
    try {
      // Of all processes that try, one removes it.
      rmSync(join(folder(), name));
      return name;
    } catch {}
  return `test_${randomBytes(6).toString('hex')}`;
}

/** @param reusable - the first to use it says whether anybody may use it afterwards */
export function useDatabase(name: string, reusable: boolean): void {
  const use = uses.get(name) ?? { servers: 0, reusable };
  use.servers++;
  uses.set(name, use);
}

/** For a server that is closed. The last one leaves the database empty, for the next to take, or removes it. */
export async function leaveDatabase(name: string): Promise<void> {
  const use = uses.get(name);
  if (!use || --use.servers > 0) return;
  uses.delete(name);
  client ??= new MongoClient(inject('mongoUri'), { maxPoolSize: 8, minPoolSize: 0 });
  const db = client.db(name);
  if (!use.reusable) {
    await db.dropDatabase();
    return;
  }
  const filled = await listFilled(db);
  await Promise.all(
    filled.filter((collection) => collection !== 'migrations').map((one) => db.collection(one).deleteMany({})),
  );
  writeFileSync(join(folder(), name), '');
}

/** The collections that hold anything, asked for at once. */
async function listFilled(db: Db): Promise<string[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  const [first, ...others] = all.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
  if (first === undefined) return [];
  const tell = (name: string) => [{ $limit: 1 }, { $project: { _id: 0, name: { $literal: name } } }];
  const found = await db
    .collection(first)
    .aggregate<{ name: string }>([
      ...tell(first),
      ...others.map((coll) => ({ $unionWith: { coll, pipeline: tell(coll) } })),
    ])
    .toArray();
  return found.map(({ name }) => name);
}
