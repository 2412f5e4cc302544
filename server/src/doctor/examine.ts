// The examination of an installation: everything that can be looked at without changing anything.
import type { LoadedConfig } from '../config.ts';
import { connectDatabase, type Database } from '../database/client.ts';
import { examineConfiguration } from './configuration.ts';
import { examineContent } from './content.ts';
import { examineDatabase } from './database.ts';
import { bad, type Diagnosis } from './finding.ts';

export async function examine({ config, secrets, notices }: LoadedConfig): Promise<Diagnosis[]> {
  const now = new Date();
  const found = examineConfiguration(config, notices, now);
  let database: Database;
  try {
    database = await connectDatabase({
      ...config.mongodb,
      // Nobody waits for so long at a command.
      timeout: Math.min(config.mongodb.timeout, 5_000),
      max_query_time: config.performance.max_query_time,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [...found, bad('database', message, 'Start it, or correct MONGODB_URI')];
  }
  try {
    return [
      ...found,
      ...(await examineDatabase(database, config)),
      ...(await examineContent(database, { config, secrets }, now)),
    ];
  } finally {
    await database.close();
  }
}
