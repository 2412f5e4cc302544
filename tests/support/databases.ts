// Databases that servers of a run have migrated, empty again: making their hundred collections and indexes costs more than most tests do.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
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
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const kept = ({ name: collection }: { name: string }) =>
    collection === 'migrations' || collection.startsWith('system.');
  await Promise.all(
    collections.filter((one) => !kept(one)).map(({ name: collection }) => db.collection(collection).deleteMany({})),
  );
  writeFileSync(join(folder(), name), '');
}
