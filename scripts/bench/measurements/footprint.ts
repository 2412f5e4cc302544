// How long a start takes with the database up, and how much memory stays, idle and after load. Told, not judged.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../harness/lab.ts';
import { measureRate } from '../harness/load.ts';
import type { Section } from '../harness/report.ts';
import { checkCall, signIn } from '../harness/sign-in.ts';
import { median } from '../harness/statistics.ts';

const DATABASE = 'bench_footprint';
const MEGABYTE = 2 ** 20;

export async function measureFootprint(lab: Lab): Promise<Section> {
  // The first start migrates; those after it are what a restart takes.
  await (await lab.startServer({ database: DATABASE })).stop();
  const starts: number[] = [];
  for (let index = 0; index < 3; index++) {
    const again = await lab.startServer({ database: DATABASE });
    starts.push(again.startMs);
    await again.stop();
  }
  const server = await lab.startServer({ database: DATABASE });
  try {
    await sleep(2000);
    const idle = await server.ask<number>('readMemory');
    const [user] = await server.createUsers(1);
    if (!user) throw new Error('no user');
    const { access } = await signIn(server.url, user);
    const { path, headers, body } = checkCall(access);
    await measureRate(
      {
        url: `${server.url}${path}`,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      64,
      lab.short ? 2 : 10,
    );
    const loaded = await server.ask<number>('readMemory');
    return {
      title: 'Start and memory',
      rows: [
        { name: 'start with the database up', value: median(starts), unit: 'ms', from: 'median of 3' },
        { name: 'resident memory, idle', value: idle / MEGABYTE, unit: 'MB', from: 'two seconds after the start' },
        {
          name: 'resident memory, after load',
          value: loaded / MEGABYTE,
          unit: 'MB',
          from: 'permission checks, 64 connections',
        },
      ],
    };
  } finally {
    await server.stop();
  }
}
