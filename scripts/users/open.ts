// The configured database as the commands about people work with it: migrated, its roles there, no server needed.
import type { Config } from '../../server/src/config.ts';
import { connectDatabase, type Database } from '../../server/src/database/client.ts';
import { readDatabaseClock } from '../../server/src/database/clock.ts';
import { takeGuard } from '../../server/src/database/guards.ts';
import { migrate } from '../../server/src/database/migrate.ts';
import { migrations } from '../../server/src/database/migrations/all.ts';
import { inTransaction, type Tx } from '../../server/src/database/transaction.ts';
import { seedRoles } from '../../server/src/features/system/seed.ts';
import { createLogger, createLogStreams } from '../../server/src/platform/logger.ts';
import { createRepositories } from '../../server/src/repositories.ts';
import type { CommandCall } from '../commands/command.ts';
import { withConfiguredDatabase } from '../dev/database-of-config.ts';

export type Workplace = Awaited<ReturnType<typeof prepare>>;

export async function withPeople(
  { env, cwd }: CommandCall,
  work: (place: Workplace) => Promise<number>,
): Promise<number> {
  // A database that could not be started has been told of.
  let code = 1;
  await withConfiguredDatabase(env, cwd, async (config) => {
    const database = await connectDatabase({ ...config.mongodb, max_query_time: config.performance.max_query_time });
    try {
      code = await work(await prepare(database, config));
    } finally {
      await database.close();
    }
  });
  return code;
}

async function prepare(database: Database, config: Config) {
  await migrate(database, migrations);
  const clock = await readDatabaseClock(database);
  await seedRoles(database, clock.now());
  const repositories = createRepositories(database, () => config);
  return {
    config,
    clock,
    users: repositories.users,
    sessions: repositories.sessions,
    audit: repositories.audit,
    roles: await repositories.roles.loadRoleTable(),
    region: config.auth.default_region,
    log: createLogStreams(createLogger('silent')),
    transact: <T>(act: (tx: Tx) => Promise<T>) => inTransaction(database, act),
    takeGuard: (tx: Tx, name: string) => takeGuard(database, tx, name),
  };
}
