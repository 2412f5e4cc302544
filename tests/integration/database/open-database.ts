// A database of a test file's own, and a TCP relay before mongod that a test can cut.
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { connectDatabase, type Database, type DatabaseOptions } from '../../../server/src/database/client.ts';

export interface OwnDatabase extends Database {
  /** Drops the database and closes the client. */
  drop(): Promise<void>;
}

export async function openDatabase(uri: string, overrides: Partial<DatabaseOptions> = {}): Promise<OwnDatabase> {
  const database = await connectDatabase({
    uri,
    database: `database_${randomBytes(6).toString('hex')}`,
    max_pool_size: 20,
    min_pool_size: 0,
    timeout: 10_000,
    max_query_time: 5_000,
    ...overrides,
  });
  const drop = async () => {
    await database.db.dropDatabase();
    await database.close();
  };
  return { ...database, drop };
}

/** A second client on the same database, as a second instance of the server has; closed with the test. */
export async function openSecond(database: Database, uri: string, overrides: Partial<DatabaseOptions> = {}) {
  const second = await openDatabase(uri, { database: database.db.databaseName, ...overrides });
  onTestFinished(() => second.close());
  return second;
}

export interface Relay {
  /** A connection string that leads through the relay. */
  readonly uri: string;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection and passes nothing on. */
  freeze(): void;
  /** Breaks one connection at the moment when the server answers on it. */
  loseNextAnswer(): void;
  mend(): void;
}

export async function startRelay(mongoUri: string): Promise<Relay> {
  const target = new URL(mongoUri);
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'frozen' | 'losing' = 'open';
  const server = createServer((inner) => {
    if (state === 'cut') return inner.destroy();
    const outer = connect(Number(target.port), target.hostname);
    inner.on('data', (chunk) => state !== 'frozen' && outer.write(chunk));
    outer.on('data', (chunk) => {
      if (state === 'open') inner.write(chunk);
      if (state !== 'losing') return;
      state = 'open';
      inner.destroy();
    });
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => to.destroy());
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    breakAll();
    server.close();
  });
  return {
    // Directly, or the driver would learn the node's own address from it and go round the relay.
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    cut: () => {
      state = 'cut';
      breakAll();
    },
    freeze: () => {
      state = 'frozen';
    },
    loseNextAnswer: () => {
      state = 'losing';
    },
    mend: () => {
      if (state === 'frozen') breakAll();
      state = 'open';
    },
  };
}
