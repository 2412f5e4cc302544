// What a thousand times as many users cost: the same calls by turns in a small and in a large database, their medians compared.
import type { SignedIn } from '@authcenter/shared';
import { connectDatabase, type Database } from '../../../server/src/database/client.ts';
import { createUsersRepository, type LoginName } from '../../../server/src/features/users/repository.ts';
import { type HttpCall, openConnection } from '../harness/connection.ts';
import { insertCrowd, type Member, memberAt, prefixOfTen } from '../harness/crowd.ts';
import type { BenchServer, Lab } from '../harness/lab.ts';
import { atMost, type Row, type Section } from '../harness/report.ts';
import { refreshCall, signIn } from '../harness/sign-in.ts';
import { type Call, compareTimes } from '../harness/turns.ts';

const SMALL = 1_000;
const GROWTH = atMost(1.3);
const DEPTH = atMost(1.5);
/** Users on a page, few, so that their reading does not hide the finding. */
const PAGE = 10;
const DEEP_PAGE = 10_000;
/** Refreshed in turn. */
const SESSIONS = 20;
/** Coprime to the sizes: steps of that length come by everybody. */
const STRIDE = 7_919;

type Send = (call: HttpCall) => Promise<string>;

interface World {
  /** Somebody else each time, all over the crowd. */
  readonly anybody: () => Member;
  readonly server: BenchServer;
  readonly database: Database;
}

/** By name, the same in every world. */
type Calls = Readonly<Record<string, Call>>;

/** What has to be closed afterwards, the last one first. */
type Closing = (() => unknown)[];

export async function measureUserGrowth(lab: Lab): Promise<Section> {
  const [large, samples] = lab.short ? [100_000, 300] : [1_000_000, 2_000];
  const closing: Closing = [];
  try {
    const small = await openWorld(lab, SMALL, closing);
    const big = await openWorld(lab, large, closing);
    const rows = await compareAll(samples, makeLookups(small), makeLookups(big));
    const cursor = await findDeepCursor(big);
    // Only now: neither tokens nor idle connections live as long as the filling takes.
    const [few, many] = [await prepareCalls(small, closing), await prepareCalls(big, closing)];
    rows.push(...(await compareAll(samples, few.growing, many.growing)));
    const deep = () => many.list({ cursor });
    await expectFull(deep);
    const name = `users.list, page ${DEEP_PAGE} against the first, both of ${large}`;
    rows.push({ name, target: DEPTH, ...(await compareTimes(samples, () => many.list({}), deep)) });
    return { title: `${large} users against ${SMALL}, medians of ${samples} by turns`, rows };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function openWorld(lab: Lab, size: number, closing: Closing): Promise<World> {
  const name = `bench_growth_${size}`;
  const server = await lab.startServer({ database: name });
  closing.push(() => server.stop());
  const database = await connectDatabase({
    uri: lab.mongoUri,
    database: name,
    max_pool_size: 10,
    min_pool_size: 1,
    timeout: 30_000,
    max_query_time: 30_000,
  });
  closing.push(() => database.close());
  await insertCrowd(database, size);
  let asked = 0;
  return { anybody: () => memberAt((asked++ * STRIDE) % size), server, database };
}

/** What goes over HTTP, to each server by one connection. */
async function prepareCalls({ anybody, server }: World, closing: Closing) {
  const connection = await openConnection(server.url);
  closing.push(() => connection.close());
  const send: Send = async (call) => {
    const { status, body } = await connection.send(call);
    if (status !== 200) throw new Error(`${call.path} answered ${status}: ${body}`);
    return body;
  };
  const [admin] = await server.createUsers(1, 'Admin');
  if (!admin) throw new Error('no administrator');
  const headers = { authorization: `Bearer ${(await signIn(server.url, admin)).access}` };
  const read = (path: string) => send({ method: 'GET', path: `/api/v1/users${path}`, headers });
  const list = (query: Record<string, string>) => read(`?${new URLSearchParams({ ...query, limit: String(PAGE) })}`);
  const search = () => list({ search: prefixOfTen(anybody()) });
  await expectFull(search);
  const growing: Calls = {
    'auth.refresh': await prepareRefresh(server, send),
    'users.get': () => read(`/${anybody().id}`),
    'users.list, first page': () => list({}),
    'users.list, search by prefix': search,
  };
  return { growing, list };
}

/** All the pages before as one: it ends with the cursor that the last of them would. */
async function findDeepCursor({ database }: World): Promise<string> {
  const before = { sort: 'created_at', limit: (DEEP_PAGE - 1) * PAGE, now: new Date(), withTotal: false } as const;
  const { nextCursor } = await createUsersRepository(database).list(before);
  return nextCursor ?? Promise.reject(new Error(`no page ${DEEP_PAGE}`));
}

async function expectFull(list: () => Promise<string>): Promise<void> {
  const { items } = JSON.parse(await list()) as { items: unknown[] };
  if (items.length !== PAGE) throw new Error(`a page of ${items.length} users where ${PAGE} belong`);
}

/** What a sign-in asks first, without the hash that would hide it. */
function makeLookups({ anybody, database }: World): Calls {
  const users = createUsersRepository(database);
  const find = async (login: LoginName) => {
    if ((await users.findByLogin(login)) === null) throw new Error(`nobody is ${Object.values(login)}`);
  };
  return {
    'sign-in look-up, by e-mail': () => find({ email: anybody().email }),
    'sign-in look-up, by user name': () => find({ username: anybody().username }),
    'sign-in look-up, by phone': () => find({ phone: anybody().phone }),
  };
}

async function prepareRefresh({ url, createUsers }: BenchServer, send: Send): Promise<Call> {
  const tokens: string[] = [];
  for (const user of await createUsers(SESSIONS)) tokens.push((await signIn(url, user)).refresh);
  return async () => {
    const answer = JSON.parse(await send(refreshCall(tokens.shift() ?? ''))) as SignedIn;
    tokens.push(answer.refresh_token ?? '');
  };
}

async function compareAll(samples: number, base: Calls, subject: Calls): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, call] of Object.entries(base)) {
    const grown = subject[name];
    if (!grown) throw new Error(`nothing to compare ${name} with`);
    rows.push({ name, target: GROWTH, ...(await compareTimes(samples, call, grown)) });
  }
  return rows;
}
