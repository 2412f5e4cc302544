// A replica set of three plain mongod processes, whose primary a test may kill.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MongodProcess, spawnMongod } from '../../scripts/mongod/process.ts';
import { withNode } from '../../scripts/mongod/run.ts';
import { findTestMongod, makeTestFolder } from './mongod.ts';

export interface ReplicaSet {
  uri: string;
  /** The port of the node that takes writes now. */
  primaryPort(): Promise<number>;
  /** `kill -9` of the primary; resolves when it is dead, not when another one is elected. */
  killPrimary(): Promise<{ port: number }>;
  /** Starts every dead node again on its port and data, and waits until there is a primary. */
  reviveAll(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReplicaSetOptions {
  /** How long the others wait for a silent primary before they elect; unset is MongoDB's own 10 s. */
  electionTimeoutMs?: number;
}

const replSet = 'three';
const size = 3;
const electionLimit = 60_000;

interface Node {
  dbPath: string;
  process: MongodProcess;
  alive: boolean;
}

export async function startReplicaSet({ electionTimeoutMs }: ReplicaSetOptions = {}): Promise<ReplicaSet> {
  const folder = makeTestFolder();
  const binary = await findTestMongod();
  const nodes: Node[] = [];

  const spawnNode = async (dbPath: string, port: number): Promise<MongodProcess> => {
    const node = await spawnMongod({ binary, dbPath, port, replSet, cacheGb: 0.25 });
    folder.own(node.pid, dbPath);
    return node;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.filter(({ alive }) => alive).map((node) => node.process.kill()));
    folder.remove();
  };
  const alive = () => nodes.filter((node) => node.alive);

  const findPrimary = async (): Promise<Node> => {
    const deadline = Date.now() + electionLimit;
    while (Date.now() < deadline) {
      for (const node of alive()) {
        const hello = await withNode(node.process.port, (admin) => admin({ hello: 1 })).catch(() => null);
        if (hello?.['isWritablePrimary'] === true) return node;
      }
      await sleep(50);
    }
    throw new Error('the replica set elected no primary');
  };

  try {
    for (let index = 0; index < size; index += 1) {
      const dbPath = join(folder.path, `node-${index}`);
      nodes.push({ dbPath, process: await spawnNode(dbPath, 0), alive: true });
    }
    const members = nodes.map((node, index) => ({ _id: index, host: `127.0.0.1:${node.process.port}` }));
    const settings = electionTimeoutMs === undefined ? {} : { electionTimeoutMillis: electionTimeoutMs };
    const first = nodes[0] as Node;
    await withNode(first.process.port, (admin) => admin({ replSetInitiate: { _id: replSet, members, settings } }));
    await findPrimary();
    await waitForSecondaries(first.process.port);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    uri: `mongodb://${nodes.map((node) => `127.0.0.1:${node.process.port}`).join(',')}/?replicaSet=${replSet}`,
    primaryPort: async () => (await findPrimary()).process.port,
    async killPrimary() {
      const primary = await findPrimary();
      primary.alive = false;
      await primary.process.kill();
      return { port: primary.process.port };
    },
    async reviveAll() {
      for (const node of nodes.filter((entry) => !entry.alive)) {
        node.process = await spawnNode(node.dbPath, node.process.port);
        node.alive = true;
      }
      await findPrimary();
    },
    stop,
  };
}

/** A majority needs a second node that has its data: until then the loss of the primary would lose the set. */
async function waitForSecondaries(port: number): Promise<void> {
  const deadline = Date.now() + electionLimit;
  while (Date.now() < deadline) {
    const { members } = await withNode(port, (admin) => admin({ replSetGetStatus: 1 }));
    const states = (members as { stateStr: string }[]).map((member) => member.stateStr);
    if (states.filter((state) => state === 'PRIMARY' || state === 'SECONDARY').length === size) return;
    await sleep(100);
  }
  throw new Error('the replica set did not become complete');
}
