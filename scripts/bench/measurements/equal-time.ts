// Whether time tells who has an account: the same calls for known and unknown people by turns, their medians compared.
import { randomBytes } from 'node:crypto';
import { type Connection, type HttpCall, openConnection } from '../harness/connection.ts';
import { type BenchServer, type Lab, PASSWORD } from '../harness/lab.ts';
import { atLeast, atMost, type Row, type Section } from '../harness/report.ts';
import { median } from '../harness/statistics.ts';

const LEAST = 0.95;
const MOST = 1.05;

interface Pair {
  readonly name: string;
  readonly known: HttpCall;
  readonly unknown: HttpCall;
}

export async function measureEqualTime(lab: Lab): Promise<Section> {
  const samples = lab.short ? 40 : 200;
  const server = await lab.startServer({
    // Lower than in production, so that the hash does not hide what else there is.
    cost: 8,
    env: { AUTHCENTER__REGISTRATION__EMAIL_VERIFICATION: 'required' },
  });
  const connection = await openConnection(server.url);
  try {
    const rows: Row[] = [];
    for (const makePairs of [listLogins, listRegistrations, listCodes, listForgotten]) {
      const pairs = await makePairs(server, samples);
      rows.push(...(await comparePairs(server, connection, pairs)));
    }
    return { title: `Time of calls for known against unknown people, medians of ${samples} by turns`, rows };
  } finally {
    connection.close();
    await server.stop();
  }
}

const post = (path: string, body: object): HttpCall => ({ method: 'POST', path: `/api/v1/auth${path}`, body });
const newTag = (): string => randomBytes(6).toString('hex');
const newAddress = (): string => `${newTag()}@example.com`;

async function listLogins(server: BenchServer, count: number): Promise<Pair[]> {
  const login = (email: string) => post('/login', { email, password: 'a wrong password' });
  const users = await server.createUsers(count);
  return users.map(({ email }) => ({
    name: 'auth.login, wrong password',
    known: login(email),
    unknown: login(newAddress()),
  }));
}

async function listRegistrations(server: BenchServer, count: number): Promise<Pair[]> {
  const register = (email: string) => post('/register', { username: `r_${newTag()}`, email, password: PASSWORD });
  const users = await server.createUsers(count);
  return users.map(({ email }) => ({ name: 'auth.register', known: register(email), unknown: register(newAddress()) }));
}

async function listCodes(server: BenchServer, count: number): Promise<Pair[]> {
  const send = (phone: string) => post('/otp', { phone, purpose: 'reset_password' });
  const phones = await server.createPhoneUsers(count, 10_000_000);
  const nobody = (index: number) => `+86139${String(index).padStart(8, '0')}`;
  return phones.map((phone, index) => ({ name: 'auth.otp.send', known: send(phone), unknown: send(nobody(index)) }));
}

async function listForgotten(server: BenchServer, count: number): Promise<Pair[]> {
  const forgot = (email: string) => post('/password/forgot', { email });
  const users = await server.createUsers(count);
  return users.map(({ email }) => ({
    name: 'auth.password.forgot',
    known: forgot(email),
    unknown: forgot(newAddress()),
  }));
}

async function comparePairs(server: BenchServer, connection: Connection, pairs: readonly Pair[]): Promise<Row[]> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (const [index, pair] of pairs.entries()) {
    const order = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    for (const kind of order) {
      times[kind].push(await time(connection, pair[kind]));
      // The message to a known one is made afterwards: it must not slow down the call that comes next.
      await server.ask('settle');
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const row = {
    name: pairs[0]?.name ?? '',
    value: known / unknown,
    unit: '×',
    from: `${known.toFixed(2)} ms against ${unknown.toFixed(2)} ms`,
    details: times,
  };
  return [
    { ...row, target: atLeast(LEAST) },
    { ...row, name: '', from: '', target: atMost(MOST), details: {} },
  ];
}

async function time(connection: Connection, call: HttpCall): Promise<number> {
  const startedAt = performance.now();
  const { status, body } = await connection.send(call);
  if (status >= 500) throw new Error(`${call.path} answered ${status}: ${body}`);
  return performance.now() - startedAt;
}
