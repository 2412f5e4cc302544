// `authcenter migrate`: what of the database's schema is pending, and the doing of it.
import { connectDatabase, type Database } from '../../server/src/database/client.ts';
import { migrate, migrationStatus } from '../../server/src/database/migrate.ts';
import { migrations } from '../../server/src/database/migrations/all.ts';
import { withConfiguredDatabase } from '../dev/database-of-config.ts';
import { type Command, type CommandCall, readAction } from './command.ts';

export const migrateCommand: Command = {
  name: 'migrate',
  usage: 'migrate [status|up] [--json]',
  summary: 'Shows which migrations are pending, or applies them (a start applies them too)',
  details: [
    '',
    '  Without MONGODB_URI it is the database in AUTHCENTER_DATA_DIR: of the server that runs on it, or started for the command.',
  ],
  json: true,
  async run(call) {
    const action = readAction(call, ['status', 'up']);
    await withConfiguredDatabase(call.env, call.cwd, async (config) => {
      const database = await connectDatabase({ ...config.mongodb, max_query_time: config.performance.max_query_time });
      try {
        await (action === 'up' ? apply(database, call) : show(database, call));
      } finally {
        await database.close();
      }
    });
    return 0;
  },
};

async function apply(database: Database, { json }: CommandCall): Promise<void> {
  const { applied } = await migrate(database, migrations);
  if (json) console.log(JSON.stringify({ applied }, null, 2));
  else console.log(applied.length === 0 ? 'Nothing was pending.' : applied.map((name) => `applied ${name}`).join('\n'));
}

async function show(database: Database, { json }: CommandCall): Promise<void> {
  const status = await migrationStatus(database, migrations);
  if (json) {
    console.log(JSON.stringify(status, null, 2));
    return;
  }
  for (const { version, name, applied_at } of status) {
    console.log(`${String(version).padStart(4, '0')}  ${applied_at?.toISOString() ?? 'pending'.padEnd(24)}  ${name}`);
  }
}
