// Runs a mongod as a replica set of one on loopback, ready for writes when the promise resolves.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, MongoClient, MongoServerError } from 'mongodb';
import { type MongodProcess, MongodStartError, type SpawnMongodOptions, spawnMongod } from './process.ts';

export interface RunningMongod extends MongodProcess {
  uri: string;
}

const primaryLimit = 30_000;
const notYetInitialized = 94;
const invalidReplicaSetConfig = 93;

/** @throws {MongodStartError} when it does not start; the process has ended then */
export async function startMongod(options: SpawnMongodOptions): Promise<RunningMongod> {
  const node = await spawnMongod(options);
  const host = `127.0.0.1:${node.port}`;
  try {
    await withNode(node.port, async (admin) => {
      await joinOwnSet(admin, options.replSet, host);
      await waitUntilPrimary(admin, node);
    });
  } catch (error) {
    await node.stop();
    throw error;
  }
  return { ...node, uri: `mongodb://${host}/?replicaSet=${options.replSet}` };
}

/** A connection to that one process, whatever it knows of a set. */
export async function withNode<T>(
  port: number,
  work: (admin: (command: Document) => Promise<Document>) => Promise<T>,
): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 10_000,
  });
  try {
    await client.connect();
    return await work((command) => client.db('admin').command(command));
  } finally {
    await client.close();
  }
}

/** The set's only member is known by its port: a data folder that comes up on another port has to be told. */
async function joinOwnSet(
  admin: (command: Document) => Promise<Document>,
  replSet: string,
  host: string,
): Promise<void> {
  const config = await readConfig(admin);
  if (config === null) {
    await admin({ replSetInitiate: { _id: replSet, members: [{ _id: 0, host }] } });
    return;
  }
  const members = config['members'] as { _id: number; host: string }[];
  if (members.length === 1 && members[0]?.host === host) return;
  const next = { ...config, version: (config['version'] as number) + 1, members: [{ ...members[0], host }] };
  await admin({ replSetReconfig: next, force: true });
}

async function readConfig(admin: (command: Document) => Promise<Document>): Promise<Document | null> {
  try {
    return (await admin({ replSetGetConfig: 1 }))['config'] as Document;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === notYetInitialized) return null;
    if (error instanceof MongoServerError && error.code === invalidReplicaSetConfig) {
      throw new MongodStartError(`its data belongs to another replica set: ${error.message}`);
    }
    throw error;
  }
}

async function waitUntilPrimary(admin: (command: Document) => Promise<Document>, node: MongodProcess): Promise<void> {
  const deadline = Date.now() + primaryLimit;
  while ((await admin({ hello: 1 }))['isWritablePrimary'] !== true) {
    if (Date.now() > deadline) throw new MongodStartError(`mongod on port ${node.port} did not become primary in time`);
    await sleep(20);
  }
}
