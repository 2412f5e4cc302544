// Refreshes against what a rotation costs the database at least: a compare-and-set to a majority, one document for each client.
import { randomUUID } from 'node:crypto';
import type { SignedIn } from '@authcenter/shared';
import { decodeJwt } from 'jose';
import type { MongoClient } from 'mongodb';
import { connectDatabase, type Database } from '../../../server/src/database/client.ts';
import { createSessionsRepository } from '../../../server/src/features/auth/sessions/repository.ts';
import { createUsersRepository } from '../../../server/src/features/users/repository.ts';
import { type Connection, openConnection } from '../harness/connection.ts';
import type { BenchServer, Lab } from '../harness/lab.ts';
import { measureLoops } from '../harness/load.ts';
import { atLeast, type Row, type Section } from '../harness/report.ts';
import { type Compared, compare } from '../harness/rounds.ts';
import { refreshCall, signIn } from '../harness/sign-in.ts';

const CLIENTS = 32;
const DATABASE = 'bench_refresh';

type Loop = () => Promise<void>;

export async function measureRefresh(lab: Lab): Promise<Section> {
  const server = await lab.startServer({ database: DATABASE });
  const database = await connectDatabase({
    uri: lab.mongoUri,
    database: DATABASE,
    max_pool_size: 100,
    min_pool_size: 10,
    timeout: 30_000,
    max_query_time: 30_000,
  });
  const connections: Connection[] = [];
  try {
    const raw = await prepareCompareAndSet(database.client);
    const refreshes = await prepareRefreshes(server, connections);
    const actsAlone = await prepareActsAlone(server, database);
    const [rounds, seconds] = lab.short ? [3, 1] : [7, 3];
    for (const loops of [raw, refreshes, actsAlone]) await measureLoops(loops, 2);
    const against = (loops: readonly Loop[]) =>
      compare(
        rounds,
        () => measureLoops(raw, seconds),
        () => measureLoops(loops, seconds),
      );
    return {
      title: 'Refresh against a raw majority compare-and-set',
      rows: [
        { ...toRow('auth.refresh', await against(refreshes)), target: atLeast(0.5) },
        toRow('its two database acts alone, without server, HTTP and tokens', await against(actsAlone)),
      ],
    };
  } finally {
    for (const connection of connections) connection.close();
    await database.close();
    await server.stop();
  }
}

const toRow = (name: string, { ratio, base, subject, rounds }: Compared): Row => ({
  name,
  value: ratio,
  unit: '×',
  from: `${Math.round(subject)}/s against ${Math.round(base)}/s, ${CLIENTS} clients`,
  details: { rounds },
});

async function prepareCompareAndSet(client: MongoClient): Promise<Loop[]> {
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

/** Each client has a session and a connection of its own and goes from token to token. */
async function prepareRefreshes(server: BenchServer, connections: Connection[]): Promise<Loop[]> {
  const loops = [];
  for (const user of await server.createUsers(CLIENTS)) {
    let { refresh } = await signIn(server.url, user);
    const connection = await openConnection(server.url);
    connections.push(connection);
    loops.push(async () => {
      const { status, body } = await connection.send(refreshCall(refresh));
      if (status !== 200) throw new Error(`auth.refresh answered ${status}: ${body}`);
      refresh = (JSON.parse(body) as SignedIn).refresh_token ?? '';
    });
  }
  return loops;
}

/** The rotation and the reading of the user, as the server does them, straight from here: what no refresh can be quicker than. */
async function prepareActsAlone(server: BenchServer, database: Database): Promise<Loop[]> {
  const [sessions, users] = [createSessionsRepository(database), createUsersRepository(database)];
  const loops = [];
  for (const user of await server.createUsers(CLIENTS)) {
    const { refresh } = await signIn(server.url, user);
    const { sid, sub, jti } = decodeJwt<{ sid: string }>(refresh);
    const [id, userId] = [sid, sub ?? ''];
    let from = jti ?? '';
    loops.push(async () => {
      const to = randomUUID();
      if (!(await sessions.rotate({ id, userId, from, to, transport: 'body', now: new Date() })))
        throw new Error('a rotation did not match');
      await users.findById(userId);
      from = to;
    });
  }
  return loops;
}
