// Counts what a server asks of its database, from the driver's command monitoring.
import type { CommandStartedEvent, MongoClient } from 'mongodb';

export interface Acts {
  /** A transaction counts one; what is not written to a majority counts none. */
  readonly majorityWrites: number;
  readonly reads: number;
  /** Each command with its collection, in order. */
  readonly commands: readonly string[];
}

const READS = new Set(['find', 'aggregate', 'count', 'distinct']);
const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify', 'bulkWrite']);

/** What the server does on its own, whoever calls: the heartbeat, the outbox's rounds, the cleaning. */
const BACKGROUND = new Set(['heartbeats', 'outbox', 'migrations']);

export function countActs(client: MongoClient): { reset(): void; read(): Acts } {
  let acts = { majorityWrites: 0, reads: 0, commands: [] as string[] };
  client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
    const collection = String(command[commandName] ?? '');
    const inTransaction = command['autocommit'] === false;
    if (!inTransaction && (BACKGROUND.has(collection) || command['pipeline']?.[0]?.['$changeStream'])) return;
    if (commandName === 'commitTransaction') acts.majorityWrites++;
    else if (READS.has(commandName)) acts.reads++;
    else if (!WRITES.has(commandName)) return;
    else if (!inTransaction && command['writeConcern']?.['w'] === 'majority') acts.majorityWrites++;
    acts.commands.push(`${commandName}${commandName === 'commitTransaction' ? '' : ` ${collection}`}`);
  });
  return {
    reset: () => {
      acts = { majorityWrites: 0, reads: 0, commands: [] };
    },
    read: () => acts,
  };
}
