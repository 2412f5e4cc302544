// Calls that must stay quick whatever else happens, each kind on connections of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type HttpCall, openConnection } from './connection.ts';
import type { BenchServer } from './lab.ts';
import type { Row } from './report.ts';
import { atMost } from './report.ts';
import { checkCall, refreshCall, signIn, verifyCall } from './sign-in.ts';
import { percentile } from './statistics.ts';

const CONNECTIONS_EACH = 4;
/** Milliseconds between the calls of one connection. */
const PACE = 20;

export interface QuickCalls {
  /** Ends the calls; the milliseconds of each, by kind. */
  finish(): Promise<Record<string, number[]>>;
}

interface Caller {
  readonly kind: string;
  readonly connection: Connection;
  readonly call: () => HttpCall;
  readonly read?: (body: string) => void;
}

/** Prepares what the callers need; `start` begins to call. */
export async function prepareQuickCalls(server: BenchServer): Promise<{ start(): QuickCalls; close(): void }> {
  const callers: Caller[] = [];
  const users = await server.createUsers(CONNECTIONS_EACH);
  for (const user of users) {
    const { access, refresh } = await signIn(server.url, user);
    let current = refresh;
    const open = () => openConnection(server.url);
    callers.push(
      { kind: 'health', connection: await open(), call: () => ({ method: 'GET', path: '/health/live' }) },
      { kind: 'verify', connection: await open(), call: () => verifyCall(access) },
      { kind: 'check', connection: await open(), call: () => checkCall(access) },
      {
        kind: 'refresh',
        connection: await open(),
        call: () => refreshCall(current),
        read: (body) => {
          current = (JSON.parse(body) as { refresh_token: string }).refresh_token;
        },
      },
    );
  }
  return {
    start: () => startCalls(callers),
    close: () => {
      for (const { connection } of callers) connection.close();
    },
  };
}

function startCalls(callers: readonly Caller[]): QuickCalls {
  const times: Record<string, number[]> = {};
  let over = false;
  const loops = callers.map(async ({ kind, connection, call, read }, index) => {
    await sleep((index * PACE) / callers.length);
    while (!over) {
      const sentAt = performance.now();
      const { status, body } = await connection.send(call());
      const took = performance.now() - sentAt;
      if (status !== 200) throw new Error(`${kind} answered ${status}: ${body}`);
      read?.(body);
      const taken = times[kind] ?? [];
      times[kind] = taken;
      taken.push(took);
      // One that took long is not made up for: then the next would measure how long it had waited here.
      await sleep(Math.max(0, PACE - took));
    }
  });
  const all = Promise.all(loops);
  // Told when they are finished; until then nobody waits for them.
  all.catch(() => undefined);
  return {
    async finish() {
      over = true;
      await all;
      return times;
    },
  };
}

/** Two judged rows over all kinds, and one told for each. */
export function judgeQuickCalls(name: string, times: Readonly<Record<string, readonly number[]>>): Row[] {
  const all = Object.values(times).flat();
  const from = `${all.length} calls: ${Object.keys(times).join(', ')}`;
  return [
    { name: `${name}: p95`, value: percentile(all, 95), unit: 'ms', target: atMost(20), from },
    { name: `${name}: p99`, value: percentile(all, 99), unit: 'ms', target: atMost(50), from: '' },
    ...Object.entries(times).map(([kind, each]) => ({
      name: `${name}: ${kind}, p50`,
      value: percentile(each, 50),
      unit: 'ms',
      from: `p95 ${percentile(each, 95).toFixed(1)} ms, p99 ${percentile(each, 99).toFixed(1)} ms, longest ${Math.max(...each).toFixed(0)} ms`,
    })),
  ];
}
