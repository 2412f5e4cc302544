// The one MongoDB client of the process: majority writes, reads from the primary, every wait bounded.
import { type Db, MongoClient, ReadPreference } from 'mongodb';
import { DatabaseSetupError } from './errors.ts';

/** MongoDB 6.0. */
const OLDEST_WIRE_VERSION = 17;

export interface Database {
  readonly client: MongoClient;
  readonly db: Db;
  /** `maxTimeMS` for reads and commands. */
  readonly maxTimeMs: number;
  /** How long one act may wait for the database, retries included. */
  readonly timeoutMs: number;
  close(): Promise<void>;
  ping(): Promise<void>;
  poolStats(): PoolStats;
}

export interface PoolStats {
  readonly size: number;
  readonly checkedOut: number;
  readonly waiting: number;
}

export interface DatabaseOptions {
  readonly uri: string;
  readonly database: string;
  readonly max_pool_size: number;
  readonly min_pool_size: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly max_query_time: number;
  readonly monitorCommands?: boolean;
}

/**
 * Connects and proves that the database can be used.
 *
 * @throws DatabaseSetupError when it is unreachable, too old or not a replica set
 */
export async function connectDatabase(options: DatabaseOptions): Promise<Database> {
  const client = createClient(options);
  const poolStats = countConnections(client);
  try {
    await client.connect();
    await checkServer(client);
  } catch (error) {
    await client.close();
    throw explain(error, options.uri);
  }
  const db = client.db(options.database);
  return {
    client,
    db,
    maxTimeMs: options.max_query_time,
    timeoutMs: options.timeout,
    close: () => client.close(),
    ping: async () => {
      await db.command({ ping: 1, maxTimeMS: options.max_query_time });
    },
    poolStats,
  };
}

function createClient(options: DatabaseOptions): MongoClient {
  try {
    return new MongoClient(options.uri, {
      appName: 'authcenter',
      maxPoolSize: options.max_pool_size,
      minPoolSize: options.min_pool_size,
      retryWrites: true,
      retryReads: true,
      readPreference: ReadPreference.PRIMARY,
      // maxTimeMS does not bound the wait for the majority; wtimeout does.
      writeConcern: { w: 'majority', wtimeoutMS: options.timeout },
      connectTimeoutMS: options.timeout,
      serverSelectionTimeoutMS: options.timeout,
      waitQueueTimeoutMS: options.timeout,
      // Above every maxTimeMS, so that a slow query ends as such and its connection lives on.
      socketTimeoutMS: Math.max(options.timeout, options.max_query_time + 5_000),
      monitorCommands: options.monitorCommands ?? false,
    });
  } catch (error) {
    throw new DatabaseSetupError(
      `mongodb.uri is not a MongoDB connection string: ${maskUri(options.uri)}. It looks like mongodb://host:27017/?replicaSet=rs0`,
      { cause: error },
    );
  }
}

async function checkServer(client: MongoClient): Promise<void> {
  const hello = await client.db('admin').command({ hello: 1 });
  if (hello['maxWireVersion'] < OLDEST_WIRE_VERSION) {
    throw new DatabaseSetupError('this MongoDB is older than 6.0; use 6.0 or newer');
  }
  // A mongos answers isdbgrid and stands before replica sets.
  if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
    throw new DatabaseSetupError(
      'this MongoDB is not a replica set, which transactions and change streams need; start mongod with --replSet rs0 and run rs.initiate() once (one node is enough)',
    );
  }
}

function explain(error: unknown, uri: string): Error {
  if (error instanceof DatabaseSetupError) return new DatabaseSetupError(`${maskUri(uri)}: ${error.message}`);
  const reason = error instanceof Error ? error.message : String(error);
  return new DatabaseSetupError(
    `cannot use the database at ${maskUri(uri)}: ${reason}. Is mongod running there, and is mongodb.uri (MONGODB_URI) right, the name of the replica set included?`,
    { cause: error },
  );
}

/** The connection string without its credentials. */
export function maskUri(uri: string): string {
  return uri.replace(/\/\/.*@/, '//***@');
}

function countConnections(client: MongoClient): () => PoolStats {
  let size = 0;
  let checkedOut = 0;
  let waiting = 0;
  client.on('connectionCreated', () => size++);
  client.on('connectionClosed', () => size--);
  client.on('connectionCheckOutStarted', () => waiting++);
  client.on('connectionCheckOutFailed', () => waiting--);
  client.on('connectionCheckedOut', () => {
    waiting--;
    checkedOut++;
  });
  client.on('connectionCheckedIn', () => checkedOut--);
  return () => ({ size, checkedOut, waiting });
}
