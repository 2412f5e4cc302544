// What a check costs as roles grow in number: in process, where nothing hides it, and over either door.
import { compileRole, evaluate } from '@authcenter/shared';
import type { Lab } from '../harness/lab.ts';
import { type FixedCall, measureRate } from '../harness/load.ts';
import { atLeast, type Row, type Section } from '../harness/report.ts';
import { compare } from '../harness/rounds.ts';
import { checkCall, signIn } from '../harness/sign-in.ts';

const CONNECTIONS = 32;
const FEW = 10;
const MANY = 1_000;
/** Roles of one user. */
const HELD = 3;
const now = new Date();

/** A role table of that size, a holder of a few of its roles, and a pair that the last of them gives. */
function makeWorld(size: number) {
  const name = (index: number) => `Role ${index}`;
  const pairsOf = (index: number) =>
    Array.from({ length: 10 }, (_, action) => ({ resource: `resource_${index}`, action: `ACTION_${action}` }));
  const roles = new Map(
    Array.from({ length: size }, (_, index) => [
      name(index),
      compileRole({ name: name(index), level: 1, status: 'active', permissions: pairsOf(index) }),
    ]),
  );
  const held = Array.from({ length: HELD }, (_, index) => Math.floor((index * size) / HELD));
  const grants = held.map((index) => ({ role: name(index), expires_at: null }));
  const asked = { resource: `resource_${held.at(-1)}`, action: 'ACTION_9' };
  return { roles, holder: { status: 'active' as const, grants }, asked };
}

/** Checks a second. */
async function evaluateMany({ roles, holder, asked }: ReturnType<typeof makeWorld>, count: number): Promise<number> {
  let allowed = 0;
  const startedAt = performance.now();
  for (let index = 0; index < count; index++) if (evaluate(holder, roles, now, asked).allowed) allowed++;
  const took = performance.now() - startedAt;
  if (allowed !== count) throw new Error('a check was refused that is granted');
  return (count / took) * 1000;
}

async function measureGrowth(short: boolean): Promise<Row> {
  const [rounds, count] = short ? [5, 200_000] : [15, 1_000_000];
  const [few, many] = [makeWorld(FEW), makeWorld(MANY)];
  for (const world of [few, many]) await evaluateMany(world, count);
  const { ratio, base, subject } = await compare(
    rounds,
    () => evaluateMany(few, count),
    () => evaluateMany(many, count),
  );
  return {
    name: `in process, ${MANY} roles against ${FEW}`,
    value: ratio,
    unit: '×',
    target: atLeast(0.5),
    from: `${Math.round(subject)}/s against ${Math.round(base)}/s`,
  };
}

export async function measureChecks(lab: Lab): Promise<Section> {
  const server = await lab.startServer();
  try {
    const [user] = await server.createUsers(1);
    if (!user) throw new Error('no user');
    const { path, headers, body } = checkCall((await signIn(server.url, user)).access);
    const json = { ...headers, 'content-type': 'application/json' };
    const rest: FixedCall = {
      url: `${server.url}${path}`,
      method: 'POST',
      headers: json,
      body: JSON.stringify(body),
    };
    const trpc: FixedCall = {
      url: `${server.url}/trpc/rbac.check`,
      method: 'POST',
      headers: json,
      body: JSON.stringify({ json: body }),
    };
    const rows: Row[] = [await measureGrowth(lab.short)];
    const from = `${CONNECTIONS} connections, of oneself`;
    for (const [name, call] of [
      ['over REST', rest],
      ['over tRPC', trpc],
    ] as const) {
      await measureRate(call, CONNECTIONS, 2);
      rows.push({ name, value: await measureRate(call, CONNECTIONS, lab.short ? 2 : 10), unit: '/s', from });
    }
    return { title: 'Checks', rows };
  } finally {
    await server.stop();
  }
}
