// Sign-ins by password against the hash alone on every core: what all the rest of a sign-in costs.

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { hashSync } from '@node-rs/bcrypt';
import { type Connection, openConnection, readRetryAfter } from '../harness/connection.ts';
import { type BenchServer, type BenchUser, type Lab, PASSWORD } from '../harness/lab.ts';
import { atLeast, type Section } from '../harness/report.ts';
import { compare } from '../harness/rounds.ts';
import { loginCall } from '../harness/sign-in.ts';

export const COST = 12;
const CLIENTS = 64;

export async function measureSignIn(lab: Lab): Promise<Section> {
  const server = await lab.startServer({ cost: COST });
  try {
    const users = await server.createUsers(CLIENTS);
    const hash = hashSync(PASSWORD, { cost: COST });
    const [rounds, seconds] = lab.short ? [2, 5] : [5, 12];
    await measureSignIns(server, users, 2);
    const {
      ratio,
      base,
      subject,
      rounds: each,
    } = await compare(
      rounds,
      () => measureRawHashes(hash, seconds),
      () => measureSignIns(server, users, seconds),
    );
    return {
      title: `Sign-ins by password against raw bcrypt, cost ${COST}`,
      rows: [
        {
          name: 'auth.login',
          value: ratio,
          unit: '×',
          target: atLeast(0.92),
          from: `${subject.toFixed(2)}/s against ${base.toFixed(2)}/s on ${availableParallelism()} cores, ${CLIENTS} clients`,
          details: { rounds: each },
        },
      ],
    };
  } finally {
    await server.stop();
  }
}

async function measureRawHashes(hash: string, seconds: number): Promise<number> {
  const rates = await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const thread = new Worker(new URL('../children/raw-bcrypt.ts', import.meta.url), {
        workerData: { password: PASSWORD, hash, seconds },
      });
      const [rate] = (await once(thread, 'message')) as [number];
      return rate;
    }),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}

/** Every client signs in over and over; then they all hang up, and what of theirs still waits costs no hash. */
async function measureSignIns(server: BenchServer, users: readonly BenchUser[], seconds: number): Promise<number> {
  const endsAt = performance.now() + seconds * 1000;
  const successes: number[] = [];
  const connections: Connection[] = [];
  const clients = users.map(async (user) => {
    const connection = await openConnection(server.url);
    connections.push(connection);
    while (performance.now() < endsAt) {
      const answer = await connection.send(loginCall(user));
      if (answer.status === 200) successes.push(performance.now());
      else if (readRetryAfter(answer) === null) throw new Error(`auth.login answered ${answer.status}: ${answer.body}`);
      else await sleep((readRetryAfter(answer) ?? 1) * 1000);
    }
  });
  const over = sleep(seconds * 1000);
  await Promise.race([over, Promise.all(clients).then(() => over)]);
  for (const connection of connections) connection.close();
  await Promise.allSettled(clients);
  // From the first answer to the last; as many as there are threads are begun before the first and are left out.
  const [first = 0, last = 0] = [successes.at(0), successes.at(-1)];
  return (successes.length - availableParallelism()) / ((last - first) / 1000);
}
