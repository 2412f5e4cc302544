// What each act asks of the database, from the driver's command monitoring, with the request limits on.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Acts } from '../children/count-acts.ts';
import { type HttpCall, openConnection } from '../harness/connection.ts';
import type { BenchServer, Lab } from '../harness/lab.ts';
import { atMost, type Row, type Section } from '../harness/report.ts';
import { checkCall, loginCall, refreshCall, signIn, verifyCall } from '../harness/sign-in.ts';

interface Act {
  readonly name: string;
  readonly call: HttpCall;
  readonly writes: number;
  /** Absent where reads are told and not judged. */
  readonly reads?: number;
}

export async function measureActs(lab: Lab): Promise<Section> {
  const server = await lab.startServer({
    argv: ['--count-acts'],
    env: { AUTHCENTER__RATE_LIMIT__ENABLED: 'true' },
  });
  try {
    const [user] = await server.createUsers(1);
    const [other] = await server.createUsers(1);
    const [admin] = await server.createUsers(1, 'Admin');
    if (!user || !other || !admin) throw new Error('no users');
    const { access, refresh } = await signIn(server.url, user);
    const byAdmin = await signIn(server.url, admin);
    const logout: HttpCall = {
      method: 'POST',
      path: '/api/v1/auth/logout',
      headers: { authorization: `Bearer ${access}` },
    };
    const acts: Act[] = [
      { name: 'sign-in', call: loginCall(user), writes: 2 },
      { name: 'refresh', call: refreshCall(refresh), writes: 1, reads: 2 },
      { name: 'verify', call: verifyCall(access), writes: 0, reads: 0 },
      { name: 'check of oneself', call: checkCall(access), writes: 0, reads: 0 },
      { name: 'check of another', call: checkCall(byAdmin.access, other.id), writes: 0, reads: 2 },
      { name: 'logout', call: logout, writes: 1 },
    ];
    const rows: Row[] = [];
    for (const act of acts) rows.push(...(await countOne(server, act)));
    return { title: 'Database acts, a transaction counting one', rows };
  } finally {
    await server.stop();
  }
}

async function countOne(server: BenchServer, { name, call, writes, reads }: Act): Promise<Row[]> {
  const connection = await openConnection(server.url);
  await server.ask('resetActs');
  const { status, body } = await connection.send(call);
  connection.close();
  if (status >= 300) throw new Error(`${name} answered ${status}: ${body}`);
  // What goes on after the answer belongs to the act as well.
  await sleep(300);
  const counted = await server.ask<Acts>('readActs');
  const from = counted.commands.join(', ') || 'none';
  return [
    { name: `${name}: majority writes`, value: counted.majorityWrites, unit: '', target: atMost(writes), from },
    {
      name: `${name}: reads`,
      value: counted.reads,
      unit: '',
      ...(reads === undefined ? {} : { target: atMost(reads) }),
      from: '',
    },
  ];
}
