// The database as such: its version, who uses it, its clock, its schema.
import type { Config } from '../config.ts';
import type { Database } from '../database/client.ts';
import { migrationStatus } from '../database/migrate.ts';
import { migrations } from '../database/migrations/all.ts';
import { bad, type Diagnosis, ok, warn } from './finding.ts';

export async function examineDatabase(database: Database, config: Config): Promise<Diagnosis[]> {
  return [
    await examineServer(database, config),
    await examineUser(database, config),
    await examineClock(database),
    await examineMigrations(database),
    ...(await examineIndexes(database)),
  ];
}

async function examineServer({ db, maxTimeMs }: Database, { server }: Config): Promise<Diagnosis> {
  const { version } = await db.command({ buildInfo: 1 });
  const { setName, hosts = [] } = await db.command({ hello: 1, maxTimeMS: maxTimeMs });
  const description = `MongoDB ${version}, replica set ${setName} of ${hosts.length}`;
  return server.mode === 'production' && hosts.length < 3
    ? warn(
        'database',
        `${description}: when a member dies, nobody takes over`,
        'Add members: three hold, whichever dies',
      )
    : ok('database', description);
}

async function examineUser({ db, maxTimeMs }: Database, { server }: Config): Promise<Diagnosis> {
  const { authInfo } = await db.command({ connectionStatus: 1, maxTimeMS: maxTimeMs });
  const [user] = authInfo.authenticatedUsers;
  if (user) return ok('database user', user.user);
  const message = 'none: whoever reaches the database reads and writes it';
  return server.mode === 'production'
    ? warn(
        'database user',
        message,
        'Start mongod with --auth and a keyfile, and put user and password into MONGODB_URI',
      )
    : ok('database user', 'none, which development mode does without');
}

/** Half of what the tokens of another machine may be off before they are refused. */
const MOST_APART = 30_000;

async function examineClock({ db, maxTimeMs }: Database): Promise<Diagnosis> {
  const asked = Date.now();
  const { localTime } = await db.command({ hello: 1, maxTimeMS: maxTimeMs });
  const apart = Math.abs(localTime.getTime() - (asked + Date.now()) / 2);
  const message = `is ${(apart / 1000).toFixed(1)} s from the database’s`;
  return apart > MOST_APART
    ? bad('clock', message, 'Have both machines set their clocks by NTP')
    : ok('clock', message);
}

async function examineMigrations(database: Database): Promise<Diagnosis> {
  const status = await migrationStatus(database, migrations);
  const pending = status.filter(({ applied_at }) => applied_at === null).map(({ name }) => name);
  return pending.length === 0
    ? ok('migrations', 'all applied')
    : warn('migrations', `pending: ${pending.join(', ')}`, 'authcenter migrate up (a start does it, too)');
}

/** Those of a migration that is pending are not missing yet. */
async function examineIndexes(database: Database): Promise<Diagnosis[]> {
  const status = await migrationStatus(database, migrations);
  const applied = migrations.filter(({ version }) => status.some((one) => one.version === version && one.applied_at));
  // What a later migration declares of a collection stands for it.
  const declared = new Map(
    applied.flatMap(({ collections = [] }) => collections.map((one) => [one.name, one.indexes])),
  );
  const missing: string[] = [];
  for (const [name, indexes] of declared) {
    const there = await listIndexKeys(database, name);
    for (const { key } of indexes) if (!there.has(JSON.stringify(key))) missing.push(`${name} ${JSON.stringify(key)}`);
  }
  if (missing.length === 0) return [ok('indexes', `all there, on ${declared.size} collections`)];
  const mend = 'Build them by db.<collection>.createIndex(…), as the repository that names them declares';
  return [bad('indexes', `missing: ${missing.join('; ')}`, mend)];
}

async function listIndexKeys({ db }: Database, collection: string): Promise<Set<string>> {
  const exists = await db.listCollections({ name: collection }, { nameOnly: true }).hasNext();
  if (!exists) return new Set();
  return new Set((await db.collection(collection).indexes()).map(({ key }) => JSON.stringify(key)));
}
