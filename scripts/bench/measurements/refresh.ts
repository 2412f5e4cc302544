// Refreshes against what a rotation costs the database at least: a compare-and-set to a majority, one document for each client.
import { randomUUID } from 'node:crypto';
import type { SignedIn } from '@authcenter/shared';
import { MongoClient } from 'mongodb';
import { type Connection, openConnection } from '../harness/connection.ts';
import type { BenchServer, Lab } from '../harness/lab.ts';
import { measureLoops } from '../harness/load.ts';
import { atLeast, type Section } from '../harness/report.ts';
import { compare } from '../harness/rounds.ts';
import { refreshCall, signIn } from '../harness/sign-in.ts';

const CLIENTS = 32;

export async function measureRefresh(lab: Lab): Promise<Section> {
  const server = await lab.startServer();
  const client = await new MongoClient(lab.mongoUri, { writeConcern: { w: 'majority' } }).connect();
  const connections: Connection[] = [];
  try {
    const rotations = await prepareRotations(server, connections);
    const raw = await prepareCompareAndSet(client);
    const [rounds, seconds] = lab.short ? [3, 1] : [7, 3];
    for (const loops of [raw, rotations]) await measureLoops(loops, 2);
    const {
      ratio,
      base,
      subject,
      rounds: each,
    } = await compare(
      rounds,
      () => measureLoops(raw, seconds),
      () => measureLoops(rotations, seconds),
    );
    return {
      title: 'Refresh against a raw majority compare-and-set',
      rows: [
        {
          name: 'auth.refresh',
          value: ratio,
          unit: '×',
          target: atLeast(0.5),
          from: `${Math.round(subject)}/s against ${Math.round(base)}/s, ${CLIENTS} clients`,
          details: { rounds: each },
        },
      ],
    };
  } finally {
    for (const connection of connections) connection.close();
    await client.close();
    await server.stop();
  }
}

/** Each client has a session and a connection of its own and goes from token to token. */
async function prepareRotations(server: BenchServer, connections: Connection[]): Promise<(() => Promise<void>)[]> {
  const users = await server.createUsers(CLIENTS);
  const rotations = [];
  for (const user of users) {
    let { refresh } = await signIn(server.url, user);
    const connection = await openConnection(server.url);
    connections.push(connection);
    rotations.push(async () => {
      const { status, body } = await connection.send(refreshCall(refresh));
      if (status !== 200) throw new Error(`auth.refresh answered ${status}: ${body}`);
      refresh = (JSON.parse(body) as SignedIn).refresh_token ?? '';
    });
  }
  return rotations;
}

async function prepareCompareAndSet(client: MongoClient): Promise<(() => Promise<void>)[]> {
  const documents = client.db('bench_raw').collection<{ _id: number; current: string }>('documents');
  const ids = Array.from({ length: CLIENTS }, (_, id) => id);
  await documents.insertMany(ids.map((id) => ({ _id: id, current: '' })));
  return ids.map((id) => {
    let current = '';
    return async () => {
      const next = randomUUID();
      const moved = await documents.findOneAndUpdate({ _id: id, current }, { $set: { current: next } });
      if (!moved) throw new Error('a compare-and-set did not match');
      current = next;
    };
  });
}
