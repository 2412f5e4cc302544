// Sign-ins by text message, from asking for the code to the tokens, against what their writes cost the database at least.
import { randomUUID } from 'node:crypto';
import type { SentCode } from '@authcenter/shared';
import { MongoClient } from 'mongodb';
import { startFakeSmsWebhook } from '../../fakes/sms/webhook.ts';
import { type Connection, openConnection } from '../harness/connection.ts';
import type { Lab } from '../harness/lab.ts';
import { measureLoops } from '../harness/load.ts';
import type { Row, Section } from '../harness/report.ts';
import { type Compared, compare } from '../harness/rounds.ts';

const CLIENTS = 32;

type Loop = () => Promise<void>;

export async function measureSmsSignIn(lab: Lab): Promise<Section> {
  const inboxes = new Map<string, (code: string) => void>();
  const vendor = await startFakeSmsWebhook({
    onMessage: ({ to, values }) => inboxes.get(to)?.(values['code'] ?? ''),
  });
  const server = await lab.startServer({
    env: { AUTHCENTER__SMS__SENDERS: JSON.stringify([vendor.config]) },
  });
  const client = await new MongoClient(lab.mongoUri, { writeConcern: { w: 'majority' } }).connect();
  const connections: Connection[] = [];
  try {
    const phones = await server.createPhoneUsers(CLIENTS);
    const raw = await prepareTransactions(client);
    const signIns = await Promise.all(
      phones.map(async (phone): Promise<Loop> => {
        const connection = await openConnection(server.url);
        connections.push(connection);
        return () => signInOnce(connection, phone, inboxes);
      }),
    );
    const [rounds, seconds] = lab.short ? [3, 2] : [5, 5];
    await measureLoops(signIns, 2);
    const compared = await compare(
      rounds,
      () => measureLoops(raw, seconds),
      () => measureLoops(signIns, seconds),
    );
    return { title: 'Sign-ins by text message against two raw majority transactions', rows: [toRow(compared)] };
  } finally {
    for (const connection of connections) connection.close();
    await client.close();
    await server.stop();
    await vendor.close();
  }
}

const toRow = ({ ratio, base, subject, rounds }: Compared): Row => ({
  name: 'auth.otp.send, delivery, auth.login',
  value: ratio,
  unit: '×',
  from: `${Math.round(subject)}/s against ${Math.round(base)}/s, ${CLIENTS} clients`,
  details: { rounds },
});

async function signInOnce(
  connection: Connection,
  phone: string,
  inboxes: Map<string, (code: string) => void>,
): Promise<void> {
  const arrived = new Promise<string>((resolve) => inboxes.set(phone, resolve));
  const sent = await connection.send({
    method: 'POST',
    path: '/api/v1/auth/otp',
    body: { phone, purpose: 'login' },
  });
  if (sent.status !== 202) throw new Error(`auth.otp.send answered ${sent.status}: ${sent.body}`);
  const { challenge_id } = JSON.parse(sent.body) as SentCode;
  const code = await arrived;
  const { status, body } = await connection.send({
    method: 'POST',
    path: '/api/v1/auth/login',
    body: { phone, code, challenge_id },
  });
  if (status !== 200) throw new Error(`auth.login answered ${status}: ${body}`);
}

/** What a send and a sign-in cannot do without: a challenge and its message in one transaction, the session in another. */
async function prepareTransactions(client: MongoClient): Promise<Loop[]> {
  const db = client.db('bench_raw');
  const [challenges, sessions] = [
    db.collection<{ _id: string }>('challenges'),
    db.collection<{ _id: string }>('sessions'),
  ];
  await Promise.all([challenges.insertOne({ _id: 'first' }), sessions.insertOne({ _id: 'first' })]);
  return Array.from({ length: CLIENTS }, () => async () => {
    for (const collection of [challenges, sessions]) {
      const session = client.startSession();
      await session.withTransaction(() => collection.insertOne({ _id: randomUUID() }, { session }));
      await session.endSession();
    }
  });
}
